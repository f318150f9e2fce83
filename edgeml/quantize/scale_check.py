"""Whether a classifier wants its pixels in another range than it is given: the commonest way to ruin a quantisation."""

from __future__ import annotations

import numpy as np

from edgeml.interpreter import run_single
from edgeml.ir import Array, DType, Graph

# enough to tell chance from skill; fewer where a sample has many activations
_SAMPLES = (20, 100)
_ELEMENTS = 2**26
# accuracy by which another range must be better, and standard errors of a share that it must exceed
_MARGIN, _ERRORS = 0.2, 4
# at once: a batch's activations should stay in the processor's cache
_BATCH = 4


def better_scale(graph: Graph, x: Array, y: Array) -> tuple[float, float, float] | None:
    """A factor for the samples with which the float classifier is much more often right, and both accuracies.

    `x` (N, …) as it would be used, `y` (N,) class indices. None where there is no such factor, or the graph is no
    classifier with one float input.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.states or y.dtype.kind == "f":
        return None
    type_, classes = graph.input_tensors[0].type, graph.output_tensors[0].type.elements
    if type_.dtype is not DType.FLOAT32 or x[:1].size != type_.elements or classes <= max(1, int(y.max())):
        return None
    elements = sum(t.type.elements for t in graph.tensors.values() if not t.is_constant)
    count = min(len(x), int(np.clip(_ELEMENTS // elements, *_SAMPLES)))
    margin = max(_MARGIN, _ERRORS * 0.5 / np.sqrt(count))
    x, y = x[:count].reshape(-1, *type_.shape[1:]), y[:count]
    given = _accuracy(graph, x, y)
    if given + margin > 1:
        return None
    factor = 255.0 if np.abs(x).max() <= 1 else 1 / 255.0
    best = _accuracy(graph, x * np.float32(factor), y)
    return (factor, given, best) if best >= given + margin else None


def _accuracy(graph: Graph, x: Array, y: Array) -> float:
    with np.errstate(all="ignore"):
        outputs = run_single(graph, x, _BATCH)
    return float((outputs.reshape(len(x), -1).argmax(axis=1) == y).mean())
