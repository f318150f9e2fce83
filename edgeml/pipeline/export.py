"""One graph, many exports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from edgeml.backends.boundary import IO
from edgeml.backends.c99 import SelfTest
from edgeml.errors import UsageError
from edgeml.files import write_bytes
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph
from edgeml.quantize import quantize_input

Format = Literal["litert", "onnx", "c"]
FORMATS: tuple[Format, ...] = get_args(Format)


def compile_graph(
    graph: Graph,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    io: IO = "int8",
    stem: str = "model",
    selftest: SelfTest | None = None,
) -> tuple[Path, ...]:
    """Write `<stem>.tflite`, `<stem>.onnx` and the C library `c/` into `folder`; returns what was written.

    `selftest` holds samples that the C library carries with their expected outputs.

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

        c99.emit(graph, folder / "c", selftest=selftest)
        written.append(folder / "c")
    written = [write_bytes(path, data) for path, data in files.items()] + written
    return tuple(written)


def self_test(graph: Graph, x: Array) -> SelfTest:
    """Float samples `x` (N, …) as the graph's own inputs, with the reference's outputs."""
    tensor = graph.input_tensors[0]
    codes = quantize_input(x.reshape(len(x), *tensor.shape[1:]), tensor.type)
    return SelfTest(codes, run_single(graph, codes))
