"""Fine-tuning the top of a classifier: the layers below a cut stay as they are, and run only once for each sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends import litert
from edgeml.data.progress import progress
from edgeml.extras import require
from edgeml.finetune.forward import run_float, trainable
from edgeml.finetune.functions import supports
from edgeml.interpreter import run
from edgeml.ir import Array, Graph, Node, Tensor
from edgeml.ops import OPS
from edgeml.training.adam import AdamLearner

_BATCH, _PREDICT = 32, 250


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
    smoothing, Szegedy et al. 2016, section 7). Nothing is pruned.
    """

    def __init__(self, graph: Graph, importance: Array, smooth: float = 0.0) -> None:
        self.graph, self._importance, self._smooth = graph, np.asarray(importance, np.float32), smooth
        super().__init__(trainable(graph))
        self._infer = self._jax.jit(lambda params, x: self._jax.nn.softmax(self._logits(params, x)))

    def prunable(self) -> dict[str, Array]:
        return {}

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        return self.step(rate, x, y.astype(np.int32))

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [np.asarray(self._infer(self._params, x[i : i + _PREDICT])) for i in range(0, len(x), _PREDICT)]
        return np.concatenate(parts)

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


def activations(
    graph: Graph,
    x: Array,
    what: str = "",
    *,
    quiet: bool = True,
    chosen: Array | None = None,
    change: Callable[[Array], Array] | None = None,
) -> NDArray[np.float32]:
    """The output of a float graph of one input for the samples of `x`, or the `chosen` ones (indices), in their order.

    `change` turns a batch of samples into what the graph shall see instead. A graph without nodes gives that back.
    """
    forward = _forward(graph)
    order = np.arange(len(x)) if chosen is None else chosen
    parts = []
    with progress(what, len(order), quiet=quiet) as done:
        for start in range(0, len(order), _BATCH):
            part = x[order[start : start + _BATCH]]
            part = np.ascontiguousarray(part if change is None else change(part))
            # one size of batch, so that one function is compiled
            padded = np.concatenate([part, np.repeat(part[-1:], _BATCH - len(part), axis=0)])
            parts.append(np.asarray(forward(padded))[: len(part)])
            done(len(part))
    return np.concatenate(parts)


def _forward(graph: Graph) -> Callable[[Array], Array]:
    output = graph.outputs[0]
    if all(supports(b) for b in graph.bound()):
        compiled: Callable[[Array], Array] = require("jax", "jax").jit(lambda x: run_float(graph, {}, x, output))
        return compiled
    return lambda x: run(graph, {graph.inputs[0]: x})[output]
