"""One graph, many exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from edgeml.backends.boundary import IO
from edgeml.backends.c99 import SelfTest
from edgeml.backends.c99.selection import PORTABLE, Machine, Optimize
from edgeml.backends.onnx.forms import Int16Form
from edgeml.errors import UnsupportedError, UsageError
from edgeml.files import write_bytes
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph
from edgeml.quantize import quantize_input

Format = Literal["litert", "onnx", "c"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Exports:
    """What was written, and for each format that cannot spell the graph the reason why it was not."""

    paths: tuple[Path, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class _CLibrary:
    selftest: SelfTest | None
    machine: Machine
    optimize: Optimize
    keep_input: bool


def compile_graph(
    graph: Graph,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    io: IO = "int8",
    stem: str = "model",
    selftest: SelfTest | None = None,
    machine: Machine = PORTABLE,
    optimize: Optimize = "balanced",
    keep_input: bool = False,
    onnx_int16: Int16Form = "integer",
) -> tuple[Path, ...]:
    """Write `<stem>.tflite`, `<stem>.onnx` and the C library `c/` into `folder`; returns what was written.

    `selftest` holds samples that the C library carries with their expected outputs; its kernels are chosen for
    `machine` and the aim `optimize`, and with `keep_input` it leaves its inputs as they are. `onnx_int16` says how the
    ONNX file holds operators with int16 activations.

    All bytes are computed before the first file is written. Raises UsageError for an unknown format,
    UnsupportedError where an operator has no spelling in a format.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UsageError(f"unknown format '{unknown[0]}'. Choose from {', '.join(FORMATS)}.")
    return _write(
        graph, folder, formats, io, stem, _CLibrary(selftest, machine, optimize, keep_input), None, onnx_int16
    )


def compile_possible(
    graph: Graph,
    folder: Path,
    io: IO = "int8",
    machine: Machine = PORTABLE,
    optimize: Optimize = "balanced",
    keep_input: bool = False,
    onnx_int16: Int16Form = "integer",
) -> Exports:
    """`compile_graph` with the formats that can spell `graph`; raises UnsupportedError when none can."""
    missing: dict[str, str] = {}
    library = _CLibrary(None, machine, optimize, keep_input)
    paths = _write(graph, folder, FORMATS, io, "model", library, missing, onnx_int16)
    if not paths:
        raise UnsupportedError(" ".join(dict.fromkeys(missing.values())))
    return Exports(paths, missing)


def _write(
    graph: Graph,
    folder: Path,
    formats: Sequence[str],
    io: IO,
    stem: str,
    library: _CLibrary,
    missing: dict[str, str] | None,
    onnx_int16: Int16Form,
) -> tuple[Path, ...]:
    files: dict[Path, bytes] = {}
    written: list[Path] = []
    for form in formats:
        with _or_missing(form, missing):
            if form == "litert":
                from edgeml.backends import litert

                files[folder / f"{stem}.tflite"] = litert.emit(graph, io=io)
            elif form == "onnx":
                from edgeml.backends import onnx

                files[folder / f"{stem}.onnx"] = onnx.emit(graph, io=io, int16=onnx_int16)
    if "c" in formats:
        from edgeml.backends import c99

        with _or_missing("c", missing):
            c99.emit(graph, folder / "c", **vars(library))
            written.append(folder / "c")
    return (*(write_bytes(path, data) for path, data in files.items()), *written)


@contextmanager
def _or_missing(form: str, missing: dict[str, str] | None) -> Iterator[None]:
    """A format that cannot spell the graph goes to `missing` with the reason, or is an error where that is None."""
    try:
        yield
    except UnsupportedError as error:
        if missing is None:
            raise
        missing[form] = str(error)


def self_test(graph: Graph, x: Array) -> SelfTest:
    """Float samples `x` (N, …) as the graph's own inputs, with the reference's outputs."""
    tensor = graph.input_tensors[0]
    codes = quantize_input(x.reshape(len(x), *tensor.shape[1:]), tensor.type)
    return SelfTest(codes, run_single(graph, codes))
