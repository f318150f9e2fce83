"""Fine-tuning the top of a classifier: the layers below a cut stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends import litert
from edgeml.finetune.forward import run_float, trainable
from edgeml.ir import Array, Graph, Node, Tensor
from edgeml.ops import OPS
from edgeml.training.adam import AdamLearner

_PREDICT = 250


def split_top(graph: Graph, layers: int) -> tuple[Graph, Graph]:
    """Bottom and top of `graph`, which are it one after the other; the top has `layers` layers with weights or more.

    The cut is one activation that alone connects both. The top is the smallest that there is, the whole graph where
    nothing less has so many layers; a part may have no nodes.
    """
    last = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    last[graph.outputs[0]] = len(graph.nodes)
    left, alive = sum(map(_has_weights, graph.nodes)), set(graph.inputs)
    cut, count = graph.inputs[0], 0
    for position, node in enumerate(graph.nodes):
        left -= _has_weights(node)
        if left < layers:
            break
        alive = {name for name in alive | set(node.outputs) if last.get(name, -1) > position}
        if len(alive) == 1:
            cut, count = next(iter(alive)), position + 1
    bottom = replace(graph, outputs=(cut,)).with_nodes(graph.nodes[:count])
    top = replace(graph, inputs=(cut,)).with_nodes(graph.nodes[count:])
    return bottom, top


def _has_weights(node: Node) -> bool:
    return OPS[node.op].weight_axis is not None


class TopLearner(AdamLearner):
    """Implements `training.learner.Learner` for a float32 graph that ends with a softmax over classes.

    A sample of class c counts `importance[c]`, and a part `smooth` of each label is spread over all classes (label
    smoothing, Szegedy et al. 2016, section 7). Nothing is pruned. What predicts and is kept is the running mean of the
    weights (Polyak and Juditsky 1992), of which a step leaves the part `average`; 0 keeps the last ones.
    """

    def __init__(self, graph: Graph, importance: Array, smooth: float = 0.0, average: float = 0.0) -> None:
        self.graph, self._importance, self._smooth = graph, np.asarray(importance, np.float32), smooth
        super().__init__(trainable(graph))
        self._decay, self._averaged = average, list(self._params)
        self._blend = self._jax.jit(
            lambda mean, now, part: [part * m + (1 - part) * p for m, p in zip(mean, now, strict=True)]
        )
        self._infer = self._jax.jit(lambda params, x: self._jax.nn.softmax(self._logits(params, x)))

    def prunable(self) -> dict[str, Array]:
        return {}

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        loss = self.step(rate, x, y.astype(np.int32))
        # the first weights count no more than later ones: the mean is that of as many steps as there were
        part = np.float32(min(self._decay, (self._count - 1) / self._count))
        self._averaged = self._blend(self._averaged, self._params, part)
        return loss

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [np.asarray(self._infer(self._averaged, x[i : i + _PREDICT])) for i in range(0, len(x), _PREDICT)]
        return np.concatenate(parts)

    def weights(self) -> dict[str, Array]:
        return {n: np.asarray(p) for n, p in zip(self._names, self._averaged, strict=True)}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        super().load_weights(weights)
        self._averaged = list(self._params)

    def state(self) -> dict[str, Array]:
        return super().state() | {f"average/{n}": a for n, a in self.weights().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self._averaged = [self._device(state[f"average/{n}"]) for n in self._names]

    def parameters(self) -> int:
        return sum(int(p.size) for p in self._params)

    def to_tflite(self) -> bytes:
        return litert.emit(self.graph.with_tensors(self.trained()), io="float32")

    def trained(self) -> dict[str, Tensor]:
        """The constants as they are now."""
        return {name: replace(self.graph.tensor(name), data=data) for name, data in self.weights().items()}

    def loss(self, params: list[Any], *batch: Any) -> Any:
        x, y = batch
        logs = self._jax.nn.log_softmax(self._logits(params, x))
        right = self._jax.numpy.take_along_axis(logs, y[:, None], axis=1)[:, 0]
        each = (1 - self._smooth) * right + self._smooth * logs.mean(axis=1)
        weight = self._jax.numpy.asarray(self._importance)[y]
        return -(weight * each).sum() / weight.sum()

    def _logits(self, params: list[Any], x: Any) -> Any:
        named = dict(zip(self._names, params, strict=True))
        softmax = self.graph.producer(self.graph.outputs[0])
        assert softmax is not None
        return run_float(self.graph, named, x, softmax.inputs[0])


def class_importance(y: Array, classes: int, balanced: bool) -> Array:
    """Weight of each class: 1, or the inverse of how often it occurs, 1 in the mean over the samples."""
    counts = np.maximum(np.bincount(y, minlength=classes), 1)
    return np.asarray(len(y) / (classes * counts) if balanced else np.ones(classes), np.float32)
