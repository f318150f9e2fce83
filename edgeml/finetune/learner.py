"""A graph under training: in float32, or as the int8 graph that it will become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends import litert
from edgeml.errors import UnsupportedError
from edgeml.finetune.fake_quant import Grid
from edgeml.finetune.forward import run_float, run_int8, trainable
from edgeml.ir import Array, DType, Graph, Quantization
from edgeml.ops import OPS
from edgeml.quantize.ranges import tied_activations
from edgeml.training.adam import AdamLearner

Chosen = Mapping[str, Quantization]
_PREDICT_BATCH = 250
_SCALE, _RANGE = "scale/", "range/"


@dataclass(frozen=True)
class Objective:
    """What training minimises: `(1 - distill) * cross entropy + distill * temperature^2 * KL(teacher, student)`.

    Both distributions of the second term are softened by `temperature` (Hinton et al. 2015, arXiv:1503.02531).
    `distill` lies in 0..1; at 1 no label counts.
    """

    distill: float = 0.0
    temperature: float = 2.0


class GraphLearner(AdamLearner):
    """Implements `training.learner.Learner` for a float32 `graph` of one input that tells classes apart.

    With `chosen`, the quantisation of every activation, each step sees the int8 graph's own values. The scales then
    either train too, in their logarithm (`learn_ranges`), or are observed anew every `every` steps by `observe`, a
    function of the float graph as it is then. `limits` are the largest weight codes of nodes, by name, where they are
    not 127. Weights that are zero stay zero. `teacher` is a float graph of the same
    input and classes.
    """

    def __init__(
        self,
        graph: Graph,
        chosen: Chosen | None = None,
        *,
        objective: Objective | None = None,
        teacher: Graph | None = None,
        learn_ranges: bool = False,
        observe: Callable[[Graph], Chosen] | None = None,
        every: int = 0,
        limits: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        check_trainable(graph)
        self.graph, self._objective, self._teacher = graph, objective or Objective(), teacher
        self._observe, self._every, self._limits = observe, every, limits
        self._ranges = {n: (np.float32(q.scale[0]), np.float32(q.zero_point[0])) for n, q in (chosen or {}).items()}
        self._groups = _free_scales(graph, self._ranges)
        values: dict[str, Any] = dict(trainable(graph))
        self._kernels = {n for n in values if len(graph.tensor(n).shape) >= 2}
        masks = {n: np.asarray(values[n] != 0) for n in self._kernels}
        if learn_ranges:
            values |= {_SCALE + g[0]: np.log(self._ranges[g[0]][0]) for g in self._groups}
        super().__init__(values, masks)
        self._infer = self._jax.jit(lambda params, ranges, x: self._jax.nn.softmax(self._student(params, ranges, x)))

    def state(self) -> dict[str, Array]:
        return super().state() | {_RANGE + n: np.array(r) for n, r in self._ranges.items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self._take_ranges(state)

    def weights(self) -> dict[str, Array]:
        return super().weights() | {_RANGE + n: np.array(r) for n, r in self._ranges.items()}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        super().load_weights(weights)
        self._take_ranges(weights)

    def prunable(self) -> dict[str, Array]:
        return {n: w for n, w in self.weights().items() if n in self._kernels}

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        if self._observe is not None and self._every and self._count % self._every == 0:
            seen = self._observe(self.trained())
            self._ranges |= {n: (np.float32(q.scale[0]), np.float32(q.zero_point[0])) for n, q in seen.items()}
        return self.step(rate, self._ranges, x, y.astype(np.int32))

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        starts = range(0, len(x), _PREDICT_BATCH)
        parts = [self._infer(self._params, self._ranges, x[i : i + _PREDICT_BATCH]) for i in starts]
        return np.concatenate([np.asarray(part) for part in parts])

    def parameters(self) -> int:
        return sum(int(p.size) for n, p in zip(self._names, self._params, strict=True) if not n.startswith(_SCALE))

    def to_tflite(self) -> bytes:
        return litert.emit(self.trained())

    def trained(self) -> Graph:
        """The float32 graph with the weights and biases as they are now."""
        found, changed = super().weights(), {}
        for name in trainable(self.graph):
            data = np.ascontiguousarray(found[name], np.float32)
            data.flags.writeable = False
            changed[name] = replace(self.graph.tensor(name), data=data)
        return self.graph.with_tensors(changed)

    def quantization(self) -> dict[str, Quantization]:
        """The quantisation of every activation as it is now."""
        grids = self._grids(self._params, self._ranges)
        return {n: Quantization.per_tensor(float(np.asarray(g.scale)), int(g.zero_point)) for n, g in grids.items()}

    def loss(self, params: list[Any], *batch: Any) -> Any:
        ranges, x, y = batch
        logits = self._student(params, ranges, x)
        logs = self._jax.nn.log_softmax(logits)
        loss = -self._jax.numpy.take_along_axis(logs, y[:, None], axis=1).mean()
        return self._taught(loss, logits, x) if self._objective.distill and self._teacher is not None else loss

    def _taught(self, loss: Any, logits: Any, x: Any) -> Any:
        """`loss` together with how far the student's `logits` are from the teacher's answers."""
        nn, jnp, wish = self._jax.nn, self._jax.numpy, self._objective
        assert self._teacher is not None
        told = nn.log_softmax(_rows(run_float(self._teacher, {}, x, logits_of(self._teacher))) / wish.temperature)
        said = nn.log_softmax(logits / wish.temperature)
        divergence = (jnp.exp(told) * (told - said)).sum(axis=-1).mean()
        return (1 - wish.distill) * loss + wish.distill * wish.temperature**2 * divergence

    def _student(self, params: list[Any], ranges: Mapping[str, Any], x: Any) -> Any:
        named, output = dict(zip(self._names, params, strict=True)), logits_of(self.graph)
        if ranges:
            return _rows(run_int8(self.graph, named, self._grids(params, ranges), x, output, self._limits))
        return _rows(run_float(self.graph, named, x, output))

    def _grids(self, params: list[Any], ranges: Mapping[str, Any]) -> dict[str, Grid]:
        named = dict(zip(self._names, params, strict=True))
        grids = {n: Grid(*r) for n, r in ranges.items()}
        for members in self._groups:
            learned = named.get(_SCALE + members[0])
            if learned is not None:
                grids |= {n: Grid(self._jax.numpy.exp(learned), grids[n].zero_point) for n in members}
        return grids

    def _take_ranges(self, arrays: Mapping[str, Array]) -> None:
        for name in self._ranges:
            scale, zero_point = arrays[_RANGE + name]
            self._ranges[name] = (np.float32(scale), np.float32(zero_point))


def check_trainable(graph: Graph) -> None:
    """Raise UnsupportedError where a graph cannot be trained: several inputs or outputs, states, no classes."""
    inputs, outputs = graph.input_tensors, graph.output_tensors
    if len(inputs) != 1 or len(outputs) != 1 or graph.states:
        raise UnsupportedError(
            f"graph '{graph.name}': training takes one input, one output and no states. This has {len(inputs)}, "
            f"{len(outputs)} and {len(graph.states)}. Train it in the framework that it comes from."
        )
    if inputs[0].dtype is not DType.FLOAT32 or outputs[0].dtype is not DType.FLOAT32:
        raise UnsupportedError(f"graph '{graph.name}': only a float32 graph is trained. Load the float model.")
    if outputs[0].type.elements < 2 or outputs[0].type.elements != outputs[0].shape[-1]:
        raise UnsupportedError(
            f"graph '{graph.name}': training needs one row of two classes or more. The output is {outputs[0].shape}."
        )


def logits_of(graph: Graph) -> str:
    """The tensor whose softmax are the probabilities: the output, or what the last softmax reads."""
    producer = graph.producer(graph.outputs[0])
    return producer.inputs[0] if producer is not None and producer.op == "softmax" else graph.outputs[0]


def _rows(y: Any) -> Any:
    return y.reshape(-1, y.shape[-1])


def _free_scales(graph: Graph, ranges: Mapping[str, Any]) -> list[list[str]]:
    """Activations that share a scale which may move: no fixed one, and not that of the graph's input."""
    fixed = {n for node in graph.nodes if OPS[node.op].fixed_output is not None for n in node.outputs}
    groups = [[n for n in members if n in ranges] for members in tied_activations(graph)]
    return [g for g in groups if g and not fixed & set(g) and graph.inputs[0] not in g]
