"""Whether a classifier wants its pixels in another range than it is given: the commonest way to ruin a quantisation."""

from __future__ import annotations

import numpy as np

from edgeml.interpreter import run_single
from edgeml.ir import Array, DType, Graph

# enough to tell chance from skill
_SAMPLES = 100
# accuracy by which another range must be better
_MARGIN = 0.2
_FACTORS = (255.0, 1 / 255.0)


def better_scale(graph: Graph, x: Array, y: Array) -> tuple[float, float, float] | None:
    """A factor for the samples with which the float classifier is much more often right, and both accuracies.

    `x` (N, …) as it would be used, `y` (N,) class indices. None where there is no such factor, or the graph is no
    classifier with one float input.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.states:
        return None
    type_, classes = graph.input_tensors[0].type, graph.output_tensors[0].type.elements
    if type_.dtype is not DType.FLOAT32 or x[:1].size != type_.elements or classes <= max(1, int(y.max())):
        return None
    x, y = x[:_SAMPLES].reshape(-1, *graph.input_tensors[0].shape[1:]), y[:_SAMPLES]
    given = _accuracy(graph, x, y)
    found = [(_accuracy(graph, x * np.float32(factor), y), factor) for factor in _FACTORS]
    best, factor = max(found)
    return (factor, given, best) if best >= given + _MARGIN else None


def _accuracy(graph: Graph, x: Array, y: Array) -> float:
    with np.errstate(all="ignore"):
        outputs = run_single(graph, x)
    return float((outputs.reshape(len(x), -1).argmax(axis=1) == y).mean())
