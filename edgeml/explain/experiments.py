"""The experiments: round one layer only, and round all layers but one; errors of the scores and predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from edgeml.bench.metrics import predictions
from edgeml.explain.rounding import Rounding
from edgeml.ir import Array, Graph
from edgeml.ops import OPS
from edgeml.quantize.sqnr import decibels

# elements of all activations of one chunk of samples, which are all kept
_ELEMENTS = 2**25


@dataclass
class Measured:
    """Squared error of the scores, and predictions (N,), of one experiment."""

    noise: float = 0.0
    parts: list[Array] = field(default_factory=list)

    @property
    def predicted(self) -> Array:
        return np.concatenate(self.parts)

    def add(self, scores: Array, exact: Array, outputs: Array) -> None:
        self.noise += squared(scores - exact)
        self.parts.append(predictions(outputs))


@dataclass
class Findings:
    """Everything over all samples; by position of the node where there is one for each layer."""

    signal: float = 0.0
    exact: Measured = field(default_factory=Measured)
    whole: Measured = field(default_factory=Measured)
    alone: dict[int, Measured] = field(default_factory=dict)
    restored: dict[int, Measured] = field(default_factory=dict)
    # signal and noise of each layer's own output in the whole int8 model
    layers: dict[int, tuple[float, float]] = field(default_factory=dict)
    # the largest minus the second largest score, float32
    margins: list[Array] = field(default_factory=list)

    def db(self, noise: float) -> float:
        """SQNR of the scores."""
        return decibels(self.signal, noise)

    def layer_db(self, position: int) -> float:
        """SQNR of a layer's own output in the whole int8 model."""
        return decibels(*self.layers[position])

    def share(self, position: int) -> float:
        """Part of one layer in the sum of all layers' errors alone, 0..1."""
        total = sum(m.noise for m in self.alone.values())
        return self.alone[position].noise / total if total > 0 else 0.0


def scores_name(graph: Graph) -> str:
    """The tensor whose error is measured: what a final softmax reads, else the first output."""
    maker = graph.producer(graph.outputs[0])
    if maker is not None and maker.op in ("softmax", "log_softmax", "logistic"):
        return maker.inputs[0]
    return graph.outputs[0]


def round_alone(rounding: Rounding, x: Mapping[str, Array]) -> Findings:
    """Whole float32, whole int8, and every layer rounded alone."""
    graph = rounding.graph
    output, scores = graph.outputs[0], scores_name(graph)
    found = Findings(alone={i: Measured() for i in rounding.rounded_layers})
    for part in chunks(graph, x):
        exact, whole = rounding.all(part, rounded=False), rounding.all(part, rounded=True)
        found.signal += squared(exact[scores])
        found.exact.add(exact[scores], exact[scores], exact[output])
        found.whole.add(whole[scores], exact[scores], whole[output])
        found.margins.append(_margin(exact[scores]))
        for position, measured in found.alone.items():
            name = graph.nodes[position].outputs[0]
            signal, noise = found.layers.get(position, (0.0, 0.0))
            found.layers[position] = signal + squared(exact[name]), noise + squared(whole[name] - exact[name])
            values = rounding.changed(position, exact, rounded=True)
            measured.add(values.get(scores, exact[scores]), exact[scores], values.get(output, exact[output]))
    return found


def restore(rounding: Rounding, x: Mapping[str, Array], positions: Iterable[int], found: Findings) -> None:
    """Adds to `found` what the whole int8 model is with one of the layers at `positions` in float32."""
    graph = rounding.graph
    output, scores = graph.outputs[0], scores_name(graph)
    found.restored = {i: Measured() for i in positions}
    for part in chunks(graph, x):
        exact, whole = rounding.all(part, rounded=False)[scores], rounding.all(part, rounded=True)
        for position, measured in found.restored.items():
            values = rounding.changed(position, whole, rounded=False)
            measured.add(values.get(scores, whole[scores]), exact, values.get(output, whole[output]))


def chunks(graph: Graph, x: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
    """`x` a few samples at a time, so that all values of a chunk fit into memory; one where samples would mix."""
    elements = sum(t.type.elements for t in graph.tensors.values() if not t.is_constant)
    together = all(OPS[b.node.op].batchable(b) for b in graph.bound())
    size = int(np.clip(_ELEMENTS // max(1, elements), 1, 256)) if together else 1
    for start in range(0, len(next(iter(x.values()))), size):
        yield {name: v[start : start + size] for name, v in x.items()}


def squared(x: Array) -> float:
    """Sum of squares in float64."""
    return float(np.square(x, dtype=np.float64).sum())


def _margin(scores: Array) -> Array:
    flat = scores.reshape(len(scores), -1)
    if flat.shape[1] < 2:
        return np.zeros(len(flat), np.float32)
    top = np.sort(np.partition(flat, -2, axis=1)[:, -2:], axis=1)
    return np.asarray(top[:, 1] - top[:, 0])
