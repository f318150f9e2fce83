"""Writes a Graph as a C99 library: sources, header, kernels, CMakeLists.txt and manifest.json."""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgeml.backends.c99.layers import Program, build_program
from edgeml.backends.c99.literals import C_TYPES, array_lines
from edgeml.backends.c99.manifest import LayerEntry, Manifest, MemoryEntry, Port, StreamEntry
from edgeml.backends.c99.memory import ALIGNMENT
from edgeml.backends.c99.names import comment_text, model_identifier, string_literal
from edgeml.backends.c99.scheduling import arrange_rows
from edgeml.backends.c99.selection import PORTABLE, Machine, Optimize
from edgeml.backends.c99.selection.requantization import summary
from edgeml.errors import DataError, OutputError
from edgeml.files import write_json, write_text, writing
from edgeml.ir import Array, DType, Graph, Numerics, Tensor
from edgeml.ops import OPS

_HERE = Path(__file__).parent
KERNELS = _HERE / "kernels"
_TEMPLATES = _HERE / "templates"
MANIFEST = "manifest.json"
_NUMERICS_HEADER = "numerics.h"
# how far the largest code may lie from the largest pixel, relative: a hundredth of a step
_EXACT = 1e-2 / 255


@dataclass(frozen=True, eq=False)
class SelfTest:
    """Samples that the library carries: `inputs` (N, …) and the `outputs` (N, …) that must come out.

    For graphs with one input and one output, in their own element types.
    """

    inputs: Array
    outputs: Array


@dataclass(frozen=True)
class _CPort:
    """An input or output as the templates see it; `macro` and `suffix` tell several ports apart."""

    tensor: Tensor
    parameter: str
    macro: str
    suffix: str

    offset: int | None = None  # in the arena; None in the caller's memory

    @property
    def c_type(self) -> str:
        return C_TYPES[self.tensor.dtype.value]

    @property
    def quantized(self) -> bool:
        return self.tensor.type.has_codes

    @property
    def scale(self) -> str:
        # nine digits are exact for float32; C++ before 2017 reads no hexadecimal literals
        text = f"{self.tensor.type.scale:.9g}"
        return f"{text}f" if "." in text or "e" in text else f"{text}.0f"

    @property
    def pixels(self) -> str:
        """The reals of bytes 0 to 255 where the codes of an image are those bytes less 128; else empty."""
        type_ = self.tensor.type
        if type_.dtype is not DType.INT8 or len(type_.shape) != 4 or type_.shape[3] not in (1, 3):
            return ""
        if type_.zero_point != -128:
            return ""
        ends = {"0 to 1": 1.0, "0 to 255": 255.0}
        return next((k for k, end in ends.items() if abs(255 * type_.scale - end) < _EXACT * end), "")

    @property
    def note(self) -> str:
        text = f"{self.tensor.name}: {self.tensor.dtype.value} {self.tensor.shape}"
        if self.quantized:
            text += f", real = {self.tensor.type.scale:.9g} * (q - {self.tensor.type.zero_point})"
        return comment_text(text)


def emit(
    graph: Graph,
    folder: Path,
    *,
    selftest: SelfTest | None = None,
    machine: Machine = PORTABLE,
    optimize: Optimize = "balanced",
    keep_input: bool = False,
) -> Manifest:
    """Write the library of `graph` to `folder`, replacing an earlier one as a whole.

    The kernels are chosen for `machine` and the aim `optimize`; whatever the choice, the library runs on every
    processor, with the same bits. Inputs and outputs lie in the arena, where a run overwrites the inputs; with
    `keep_input` inputs stay in the caller's memory, which is only read.

    Raises UnsupportedError for operators without a kernel, DataError for self-test samples that do not fit,
    OutputError when the folder holds other files or cannot be written.
    """
    name = model_identifier(graph.name)
    inputs = _ports(graph.input_tensors, "input")
    arrangement = arrange_rows(graph, machine, optimize, keep_input)
    graph = arrangement.graph
    kept = {p.tensor.name: p.parameter for p in inputs if keep_input}
    program = build_program(graph, name, kept, arrangement.choices, arrangement.streams)
    outputs = [_placed(p, program) for p in _ports(graph.output_tensors, "output")]
    inputs = inputs if keep_input else [_placed(p, program) for p in inputs]
    _check_selftest(graph, selftest)
    kernels = sorted({layer.kernel for layer in program.layers})
    arena_bytes = max(program.plan.arena_bytes, ALIGNMENT)  # C has no empty array
    context: dict[str, Any] = {
        "name": name,
        "NAME": name.upper(),
        "title": comment_text(graph.name),
        "model_name": string_literal(graph.name),
        "inputs": inputs,
        "outputs": outputs,
        "program": program,
        "kernels": kernels,
        "arena_size": arena_bytes,
        "alignment": ALIGNMENT,
        "used": {value for _, call in program.calls for value in call} | {c.source for c in program.copies},
        "uses_arena": bool(program.plan.blocks),
        "state_size": program.plan.states.state_bytes,
        "numerics": graph.numerics.value,
        "vectors": "simd" in machine.features,
        "labels": [string_literal(label) for label in graph.labels],
        "selftest": _selftest_context(selftest),
    }
    files = _render(name, context)
    headers = (["requantize.h"] if any(p.quantized for p in inputs) else []) + ["elements.h"] * bool(program.streams)
    kernel_files = _kernel_files(kernels, headers)
    context["kernel_sources"] = [k for k in kernel_files if k.endswith(".c")]
    files["CMakeLists.txt"] = _template("CMakeLists.txt.j2", context)
    files.update({f"kernels/{k}": kernel_text(k, graph.numerics) for k in kernel_files})
    sources = tuple(sorted(f for f in files if f.endswith(".c")))
    manifest = _manifest(graph, program, name, sources, arena_bytes, machine, optimize, (*inputs, *outputs))
    _write(folder, files, manifest)
    return manifest


def kernel_text(file: str, numerics: Numerics) -> str:
    """A file of the kernels; the header that says whose arithmetic they compute says `numerics`."""
    text = (KERNELS / file).read_text()
    if file != _NUMERICS_HEADER or numerics is Numerics.LITERT:
        return text
    return text.replace("#define EDGEML_NUMERICS_TFLM 0", "#define EDGEML_NUMERICS_TFLM 1")


def _ports(tensors: tuple[Tensor, ...], kind: str) -> list[_CPort]:
    if len(tensors) == 1:
        return [_CPort(tensors[0], kind, kind.upper(), "")]
    return [_CPort(t, f"{kind}_{i}", f"{kind.upper()}_{i}", f"_{i}") for i, t in enumerate(tensors)]


def _placed(port: _CPort, program: Program) -> _CPort:
    """The port with its place in the arena."""
    return replace(port, offset=program.plan.block(program.plan.storage[port.tensor.name]).offset)


def _render(name: str, context: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}.h": _template("model.h.j2", context),
        f"{name}.c": _template("model.c.j2", context),
        f"{name}_selftest.c": _template("selftest.c.j2", context),
        "edgeml_model.h": _template("edgeml_model.h.j2", context),
    }


def _template(file: str, context: dict[str, Any]) -> str:
    return str(_environment().get_template(file).render(context))


@functools.cache
def _environment() -> Any:
    """Jinja with the templates of this package; it keeps them compiled, which takes longer than all else here."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _kernel_files(kernels: Iterable[str], headers: Iterable[str]) -> list[str]:
    """The kernels' sources and headers and other `headers`, with the headers these include."""
    waiting = [*(f"{k}{suffix}" for k in kernels for suffix in (".c", ".h")), *headers]
    found: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            # simd_levels.h includes what a macro names
            included = r'^#(?:include|define EDGEML_SIMD_BODY) "([^"]+)"'
            waiting += re.findall(included, (KERNELS / file).read_text(), re.MULTILINE)
    return sorted(found)


def _check_selftest(graph: Graph, selftest: SelfTest | None) -> None:
    if selftest is None:
        return
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise DataError(f"graph '{graph.name}': a self-test needs one input and one output. Leave it out.")
    pairs = ((graph.input_tensors[0], selftest.inputs), (graph.output_tensors[0], selftest.outputs))
    for tensor, data in pairs:
        if data.shape[1:] != tensor.shape[1:] or data.dtype != tensor.dtype.numpy or len(data) == 0:
            raise DataError(
                f"self-test: samples of '{tensor.name}' must be {tensor.dtype.value} of shape {tensor.shape[1:]}. "
                f"Got {data.dtype} {data.shape}."
            )
    if len(selftest.inputs) != len(selftest.outputs):
        raise DataError(f"self-test: got {len(selftest.inputs)} inputs and {len(selftest.outputs)} outputs.")


def _selftest_context(selftest: SelfTest | None) -> dict[str, Any] | None:
    if selftest is None:
        return None
    return {
        "samples": len(selftest.inputs),
        "inputs": array_lines(selftest.inputs),
        "outputs": array_lines(selftest.outputs),
    }


def _manifest(
    graph: Graph,
    program: Program,
    name: str,
    sources: tuple[str, ...],
    arena_bytes: int,
    machine: Machine,
    optimize: Optimize,
    ports: Iterable[_CPort],
) -> Manifest:
    offsets = {p.tensor.name: p.offset for p in ports}
    windows = {name: rows for s in program.streams for name, rows in s.windows.items()}
    layers = tuple(
        LayerEntry(
            i,
            layer.bound.name,
            layer.bound.node.op,
            layer.kernel,
            OPS[layer.bound.node.op].macs(layer.bound),
            layer.bound.output.shape,
            layer.symbol,
            layer.choice.reason,
            asdict(layer.choice.cost),
            summary(layer.choice.call),
            layer.choice.call.weights,
        )
        for i, layer in enumerate(program.layers)
    )
    memory = tuple(
        MemoryEntry(
            b.tensor,
            b.offset,
            b.bytes,
            *_layer_range(program, b.first, b.last),
            _sharers(program, b.tensor),
            windows.get(b.tensor, 0),
        )
        for b in program.plan.blocks
    )
    return Manifest(
        name,
        sources,
        arena_bytes,
        program.plan.states.state_bytes,
        sum(a.nbytes for a in program.arrays),
        tuple(_port(t, offsets[t.name]) for t in graph.input_tensors),
        tuple(_port(t, offsets[t.name]) for t in graph.output_tensors),
        graph.labels,
        layers,
        memory,
        graph.numerics.value,
        machine.name,
        optimize,
        program.plan.lower_bound,
        tuple(StreamEntry(s.symbol, *s.range, s.calls) for s in program.streams),
    )


def _sharers(program: Program, owner: str) -> dict[str, int]:
    """The other tensors that lie in the memory of `owner`, and their first bytes in it."""
    plan = program.plan
    return {name: plan.shift.get(name, 0) for name, o in plan.storage.items() if o == owner and name != owner}


def _layer_range(program: Program, first: int, last: int) -> tuple[int, int]:
    """A range of nodes as a range of layers: reshapes that vanished are no layers."""
    layers = [layer for node, layer in program.positions.items() if first <= node <= last]
    # a new state that waits for its copy lives after the last layer
    end = max(len(program.layers) - 1, 0)
    return min(layers, default=end), max(layers, default=end)


def _port(tensor: Tensor, offset: int | None) -> Port:
    quantized = tensor.type.has_codes
    scale, zero_point = (tensor.type.scale, tensor.type.zero_point) if quantized else (None, None)
    return Port(tensor.name, tensor.shape, tensor.dtype.value, scale, zero_point, offset)


def _write(folder: Path, files: dict[str, str], manifest: Manifest) -> None:
    """Write everything into a new folder beside `folder`, then swap the two."""
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"cannot write '{folder}': it holds other files. Choose an empty or new folder with -o.")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
            new, old = Path(name) / "new", Path(name) / "old"
            (new / "kernels").mkdir(parents=True)
            for file, text in files.items():
                write_text(new / file, text)
            write_json(new / MANIFEST, manifest.to_json())
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
