"""ONNX Runtime on our export and on the original .onnx."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeml.backends import onnx
from edgeml.errors import TargetError
from edgeml.extras import require
from edgeml.formats.onnx.reader import parse
from edgeml.interpreter import run
from edgeml.ir import Array, DType, Graph
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from edgeml.validate.contracts import ONNX, onnx_contract
from edgeml.validate.runners.base import Runner, Subject, computed_tensors, cut_at, exposed, input_specs


class OnnxExport(Runner):
    """Our .onnx."""

    name = "onnxruntime"
    contract = ONNX

    def __init__(self, subject: Subject) -> None:
        self._subject, self._graph = subject, subject.graph
        self.contract = onnx_contract(subject.graph)
        self._target = self.load(self.content())
        self.runtime = self._target.runtime

    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        self._target.reset()
        return self._target.run_once(sample)

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        names, content = self.instrumented()
        found = dict(zip(names, self.load(content).run_all(arrays), strict=True))
        plain = self._target.run_all(arrays)
        if all(np.array_equal(found[n], p) for n, p in zip(self._graph.outputs, plain, strict=True)):
            return found
        return self.by_prefixes(arrays) or found

    def load(self, content: bytes) -> OnnxRuntimeTarget:
        return OnnxRuntimeTarget(content)

    def content(self) -> bytes:
        """The file to run."""
        return onnx.emit(self._graph)

    def instrumented(self) -> tuple[Sequence[str], bytes]:
        """A file with all activations as outputs, and their names in the graph."""
        graph = exposed(self._graph)
        return graph.outputs, onnx.emit(graph)

    def by_prefixes(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        """The same without further outputs, which choose int8 or uint8 kernels: a model a tensor, cut there."""
        found = {}
        for name in dict.fromkeys((*self._graph.outputs, *(t.name for t in computed_tensors(self._graph)))):
            target = OnnxRuntimeTarget(onnx.emit(cut_at(self._graph, name)), settings=self._target.settings)
            taken = {spec.name for spec in target.inputs}
            chosen = [a for n, a in zip(self._graph.inputs, arrays, strict=True) if n in taken]
            found[name] = target.run_all(chosen)[0]
        return found


class OnnxOriginal(OnnxExport):
    """The .onnx that the user gave."""

    name = "onnxruntime:original"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        taken, given = ([i.name for i in specs] for specs in (self._target.inputs, input_specs(self._graph)))
        if taken != given:
            raise TargetError(
                f"the original takes the inputs {', '.join(taken)}, the graph {', '.join(given)}, so that both cannot "
                "take the same samples."
            )
        for got, want in zip(self._target.inputs, input_specs(self._graph), strict=True):
            fits = all(g in (-1, w) for g, w in zip(got.shape[1:], want.shape[1:], strict=False))
            if len(got.shape) != len(want.shape) or not fits or got.dtype != want.dtype:
                raise TargetError(
                    f"the original's input '{got.name}' is {got.dtype} {got.shape}, the graph's is {want.dtype} "
                    f"{want.shape}, so that both cannot take the same samples."
                )

    def load(self, content: bytes) -> OnnxRuntimeTarget:
        # as inputs, not as initialisers: ONNX Runtime 1.32 crashes when it folds constants into silero-vad's branches
        return OnnxRuntimeTarget(content, bind=self._subject.bind)

    def content(self) -> bytes:
        found = self._subject.original(".onnx")
        if found is None:
            raise TargetError("the model was not read from an .onnx file.")
        lib, model = require("onnx", "all"), parse(found, str(self._subject.path))
        outside = any(lib.external_data_helper.uses_external_data(t) for t in model.graph.initializer)
        # reading the graph has shown that the data lies in the model's folder
        return bytes(lib.load(self._subject.path).SerializeToString()) if outside else found

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        """Those of the file in the graph's order of dimensions: transposes may have moved through it."""
        found = super().activations(arrays)
        want = run(self._graph, dict(zip(self._graph.inputs, arrays, strict=True)), keep=found)
        moved = {name: in_order_of(value, want[name]) for name, value in found.items()}
        return {name: value for name, value in moved.items() if value is not None}

    def by_prefixes(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        """The same with one of these tensors as the only output: ONNX Runtime leaves out what does not lead to it."""
        lib, model = require("onnx", "all"), parse(self.content())
        found = dict(zip(self._graph.outputs, self._target.run_all(arrays), strict=True))
        for name in self._known(model):
            del model.graph.output[:]
            model.graph.output.append(lib.helper.make_empty_tensor_value_info(name))
            found[name] = self.load(model.SerializeToString()).run_all(arrays)[0]
        return {**found, **_codes_behind(self._graph, found)}

    def instrumented(self) -> tuple[Sequence[str], bytes]:
        """The original with those tensors as outputs that the graph still knows by name and shape."""
        lib, model = require("onnx", "all"), parse(self.content())
        more = self._known(model)
        model.graph.output.extend(lib.helper.make_empty_tensor_value_info(name) for name in more)
        return [*self._graph.outputs, *more], model.SerializeToString()

    def _known(self, model: Any) -> list[str]:
        """Inner tensors of the file that the graph still knows by name."""
        values = {o for node in model.graph.node for o in node.output} - {o.name for o in model.graph.output}
        return [t.name for t in computed_tensors(self._graph) if t.name in values]


def in_order_of(value: Array, like: Array) -> Array | None:
    """`value` (N, …) with its dimensions in the order of `like`: by shape and, where several fit, the nearest.

    None where no order fits.
    """
    if value.ndim != like.ndim:
        return None
    orders = [(0, *order) for order in itertools.permutations(range(1, value.ndim))]
    fitting = [value.transpose(o) for o in orders if value.transpose(o).shape == like.shape]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    wanted = like.astype(np.float64)
    return min(fitting, key=lambda v: float(np.nan_to_num(np.abs(v - wanted), posinf=1e30).mean()))


def _codes_behind(graph: Graph, found: Mapping[str, Array]) -> dict[str, Array]:
    """int8 tensors whose dequantised values are known: those that were used, also where a kernel was fused."""
    codes = {}
    for bound in graph.bound():
        if bound.node.op == "dequantize" and bound.output.name in found and bound.input(0).dtype is DType.INT8:
            x = bound.input(0)
            assert x.quantization is not None
            if x.quantization.axis is None:
                steps = np.rint(found[bound.output.name] / np.float32(x.type.scale)) + x.type.zero_point
                codes[x.name] = np.clip(steps, -128, 127).astype(np.int8)
    return codes
