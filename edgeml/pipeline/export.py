"""One graph, many exports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from edgeml.backends.boundary import IO
from edgeml.errors import UsageError
from edgeml.files import write_bytes
from edgeml.ir import Graph

Format = Literal["litert", "onnx", "c"]
FORMATS: tuple[Format, ...] = get_args(Format)


def compile_graph(
    graph: Graph, folder: Path, formats: Sequence[str] = FORMATS, io: IO = "int8", stem: str = "model"
) -> tuple[Path, ...]:
    """Write `<stem>.tflite`, `<stem>.onnx` and the C library `c/` into `folder`; returns what was written.

    All bytes are computed before the first file is written. Raises UsageError for an unknown format,
    UnsupportedError where an operator has no spelling in a format.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UsageError(f"unknown format '{unknown[0]}'. Choose from {', '.join(FORMATS)}.")
    files: dict[Path, bytes] = {}
    if "litert" in formats:
        from edgeml.backends import litert

        files[folder / f"{stem}.tflite"] = litert.emit(graph, io=io)
    if "onnx" in formats:
        from edgeml.backends import onnx

        files[folder / f"{stem}.onnx"] = onnx.emit(graph, io=io)
    written = []
    if "c" in formats:
        from edgeml.backends import c99

        c99.emit(graph, folder / "c")
        written.append(folder / "c")
    written = [write_bytes(path, data) for path, data in files.items()] + written
    return tuple(written)
