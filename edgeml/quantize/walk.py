"""A graph's values over all calibration samples, one node after the other; what nobody reads any more is dropped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.interpreter import run_samples
from edgeml.ir import Array, BoundNode, Graph, Tensor
from edgeml.ops import OPS

# elements of the output in one call of a reference: its temporaries stay in the processor's cache
CHUNK = 2**20


class Walk:
    """Values of a graph without states, by tensor name; each array is (N, …)."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Array]) -> None:
        self._values: dict[str, Array] = dict(inputs)
        self._last = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}

    def arguments(self, graph: Graph, position: int) -> tuple[Array | None, ...]:
        """What the node at `position` reads: activations (N, …), constants as they are."""
        return tuple(None if t is None else self._values.get(t.name, t.data) for t in _bound(graph, position).inputs)

    def step(self, graph: Graph, position: int, known: tuple[Array, ...] = ()) -> tuple[Array, ...]:
        """Run the node at `position` of `graph`, which may have changed since the step before in later nodes.

        `known` are its outputs where the caller has them.
        """
        bound = _bound(graph, position)
        outputs = known or evaluate(bound, self.arguments(graph, position))
        self._values.update(zip(bound.node.outputs, outputs, strict=True))
        for name in bound.node.inputs:
            if self._last.get(name) == position:
                self._values.pop(name, None)
        return outputs


class SampleWalk(Walk):
    """The same where an operator mixes dimension 0: the samples go through each node one by one."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Array]) -> None:
        super().__init__(graph, {})
        self._count = len(next(iter(inputs.values())))
        self._samples = {name: [x[i : i + 1] for i in range(self._count)] for name, x in inputs.items()}

    def arguments(self, graph: Graph, position: int) -> tuple[Array | None, ...]:
        inputs = _bound(graph, position).inputs
        return tuple(None if t is None else t.data if t.is_constant else self._joined(t.name) for t in inputs)

    def step(self, graph: Graph, position: int, known: tuple[Array, ...] = ()) -> tuple[Array, ...]:
        bound = _bound(graph, position)
        operator = OPS[bound.node.op]
        rows = []
        for i in range(self._count):
            rows.append(operator.reference(bound, *(self._argument(t, i) for t in bound.inputs)))
        self._samples.update(zip(bound.node.outputs, (list(column) for column in zip(*rows, strict=True)), strict=True))
        outputs = tuple(self._joined(name) for name in bound.node.outputs)
        for name in bound.node.inputs:
            if self._last.get(name) == position:
                self._samples.pop(name, None)
        return outputs

    def _argument(self, tensor: Tensor | None, sample: int) -> Array | None:
        if tensor is None or tensor.is_constant:
            return None if tensor is None else tensor.data
        return self._samples[tensor.name][sample]

    def _joined(self, name: str) -> Array:
        """All samples, one after the other along dimension 0; scalars in a row."""
        return np.concatenate([np.atleast_1d(x) for x in self._samples[name]])


class StreamWalk(Walk):
    """The same for frames of one stream: every step runs all nodes, because later ones make the state that earlier
    ones read."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Array]) -> None:
        super().__init__(graph, inputs)
        self._inputs = dict(inputs)

    def arguments(self, graph: Graph, position: int) -> tuple[Array | None, ...]:
        bound = _bound(graph, position)
        names = [t.name for t in bound.inputs if t is not None and not t.is_constant]
        found = {**self._inputs, **run_samples(graph, self._inputs, names)}
        return tuple(None if t is None else found.get(t.name, t.data) for t in bound.inputs)

    def step(self, graph: Graph, position: int, known: tuple[Array, ...] = ()) -> tuple[Array, ...]:
        outputs = graph.nodes[position].outputs
        found = run_samples(graph, self._inputs, outputs)
        return tuple(found[n] for n in outputs)


def walk(graph: Graph, inputs: Mapping[str, Array]) -> Walk:
    """The walk that fits the graph."""
    if graph.states:
        return StreamWalk(graph, inputs)
    together = all(OPS[b.node.op].batchable(b) for b in graph.bound())
    return Walk(graph, inputs) if together else SampleWalk(graph, inputs)


def evaluate(bound: BoundNode, args: tuple[Array | None, ...]) -> tuple[Array, ...]:
    """A node on N samples, a few at a time; what every sample shares (constants) stays whole."""
    activations = [t is not None and not t.is_constant for t in bound.inputs]
    count = max((len(a) for a, own in zip(args, activations, strict=True) if own and a is not None), default=1)
    size = max(1, CHUNK // max(1, bound.output.type.elements))
    if count <= size:
        return OPS[bound.node.op].reference(bound, *args)
    parts = []
    for start in range(0, count, size):
        part = (
            a[start : start + size] if own and a is not None else a for a, own in zip(args, activations, strict=True)
        )
        parts.append(OPS[bound.node.op].reference(bound, *part))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _bound(graph: Graph, position: int) -> BoundNode:
    return graph.bind(graph.nodes[position])
