"""The other sides of the comparison: host C from prebuilt kernels of several machines, LiteRT, ONNX Runtime."""

from __future__ import annotations

import _ctypes
import ctypes
import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edgeml.backends import litert, onnx
from edgeml.backends.c99.emit import emit
from edgeml.backends.c99.selection import PORTABLE, Machine
from edgeml.ir import Array, Graph
from edgeml.targets.cores import CORES
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.ops.kernel_driver import kernel_names
from tests.ops.kernel_objects import LIBRARY, kernel_objects

MACHINES = (PORTABLE, *(CORES[name].machine for name in ("host", "cortex-m4", "cortex-m0plus")))
Values = dict[str, Array]
_FLAGS = ("-std=c99", "-O0", "-fPIC", "-ffp-contract=off")


class RefusedInput(Exception):
    """The runtime stops at values for which an operator has no meaning: LiteRT's int8 square root of negatives."""


def exposed(graph: Graph) -> Graph:
    """The graph with every activation as an output, so that a runner shows them all."""
    return replace(graph, outputs=tuple(n for node in graph.nodes for n in node.outputs))


@cache
def kernel_archive() -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """All kernels; the folder lives as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="edgeml-kernels-")
    archive = Path(folder.name) / "libkernels.a"
    objects = kernel_objects(kernel_names(), LIBRARY)
    subprocess.run(["ar", "rcs", str(archive), *map(str, objects)], check=True, timeout=60)
    return archive, folder


def machine_for(graph: Graph) -> Machine:
    """Whose kernels the graph gets, each kind for a share of all graphs: they compute the same on the host."""
    return MACHINES[sum(t.type.elements for t in graph.tensors.values()) % len(MACHINES)]


def host_c(graph: Graph, inputs: Mapping[str, Array]) -> Values:
    """The graph's outputs as its C library computes them; inputs and arena have guard bytes behind them."""
    archive, _ = kernel_archive()
    with tempfile.TemporaryDirectory(prefix="edgeml-case-") as folder:
        manifest = emit(graph, Path(folder) / "c", machine=machine_for(graph))
        source, library = f"c/{manifest.model}.c", Path(folder) / "model.so"
        command = ["gcc", *_FLAGS, "-shared", f"-I{folder}/c", source, str(archive), "-o", str(library)]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[:2000]
        loaded = ctypes.CDLL(str(library))
        try:
            outputs = {t.name: np.zeros(t.shape, t.dtype.numpy) for t in graph.output_tensors}
            arena = _guarded(np.zeros(manifest.arena_bytes, np.uint8))
            buffers = [arena, *(_guarded(inputs[n]) for n in graph.inputs), *(_guarded(outputs[n]) for n in outputs)]
            run = loaded[f"{manifest.model}_run"]
            run.restype = None
            run(*(ctypes.c_void_p(b.ctypes.data) for b in buffers))
            assert all((b[-_GUARD:] == 0xA5).all() for b in buffers), "a byte behind a buffer was written"
            for buffer, (name, empty) in zip(buffers[1 + len(graph.inputs) :], outputs.items(), strict=True):
                outputs[name] = buffer[: empty.nbytes].view(empty.dtype).reshape(empty.shape).copy()
        finally:
            _ctypes.dlclose(loaded._handle)
    return outputs


_GUARD = 16


def _guarded(data: Array) -> Array:
    raw = np.full(-(-data.nbytes // 16) * 16 + 2 * _GUARD, 0xA5, np.uint8)
    start = -raw.ctypes.data % 16
    view = raw[start : start + data.nbytes + _GUARD]
    view[: data.nbytes] = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
    return view


@dataclass(frozen=True)
class LiteRT:
    """LiteRT's default interpreter; `all_values` needs its slower mode in which every tensor is kept."""

    name: str = "LiteRT"

    def outputs(self, graph: Graph, inputs: Mapping[str, Array]) -> Values:
        interpreter = self._run(graph, inputs, False)
        details = interpreter.get_output_details()
        return {n: interpreter.get_tensor(d["index"]) for n, d in zip(graph.outputs, details, strict=True)}

    def all_values(self, graph: Graph, inputs: Mapping[str, Array]) -> Values:
        interpreter = self._run(exposed(graph), inputs, True)
        details = interpreter.get_output_details()
        return {n: interpreter.get_tensor(d["index"]) for n, d in zip(exposed(graph).outputs, details, strict=True)}

    def _run(self, graph: Graph, inputs: Mapping[str, Array], keep: bool) -> Interpreter:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # keeping all tensors "is intended for debugging"
            interpreter = Interpreter(
                model_content=litert.emit(graph), num_threads=1, experimental_preserve_all_tensors=keep
            )
        interpreter.allocate_tensors()
        for name, detail in zip(graph.inputs, interpreter.get_input_details(), strict=True):
            interpreter.set_tensor(detail["index"], inputs[name])
        try:
            interpreter.invoke()
        except RuntimeError as error:
            if "only defined for" in str(error):
                raise RefusedInput(str(error)) from None
            raise
        return interpreter


@dataclass(frozen=True)
class OnnxRuntime:
    """ONNX Runtime on the ONNX export."""

    name: str = "ONNX Runtime"

    def outputs(self, graph: Graph, inputs: Mapping[str, Array]) -> Values:
        found = OnnxRuntimeTarget(onnx.emit(graph)).run_once([inputs[n] for n in graph.inputs])
        return dict(zip(graph.outputs, found, strict=True))

    def all_values(self, graph: Graph, inputs: Mapping[str, Array]) -> Values:
        return self.outputs(exposed(graph), inputs)
