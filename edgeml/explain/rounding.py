"""Rounds chosen layers of a float graph as its int8 graph does: weights, bias and output to their codes, in reals.

Simulated in float32, so that any layer can be rounded or left alone: sums are exact to float32, and only results near
the middle between two codes may fall to the other one than in the int8 graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edgeml.interpreter import run
from edgeml.ir import Array, BoundNode, Graph, Tensor
from edgeml.quantize.codes import dequantize_output, quantize_input, real_tensor
from edgeml.quantize.walk import evaluate

Values = dict[str, Array]


class Rounding:
    """A float graph and its int8 graph, node by node; values are float32 (N, …), or integers, by tensor name."""

    def __init__(self, float_graph: Graph, int8_graph: Graph) -> None:
        self.graph = float_graph
        places = {node.name: node for node in int8_graph.nodes}
        self.int8 = {node.name: int8_graph.bind(places[node.name]) for node in float_graph.nodes}
        self._exact = [float_graph.bind(node) for node in float_graph.nodes]
        self._rounded = [_with_real_constants(b, self.int8[b.name]) for b in self._exact]
        # nodes that only copy codes: to round their result again changes nothing
        self._copies: set[int] = set()
        self._inputs = {t.name: int8_graph.tensor(t.name) for t in float_graph.input_tensors}

    @property
    def rounded_layers(self) -> tuple[int, ...]:
        """Positions of the nodes that are int8 in the int8 graph."""
        return tuple(i for i, b in enumerate(self._exact) if self._is_rounded(b) and i not in self._copies)

    def leave_out_copies(self, x: Mapping[str, Array]) -> None:
        """Never round nodes that give back codes of their input (reshape, max_pool_2d), as samples `x` show."""
        values = self.all(x, rounded=True)
        for position, bound in enumerate(self._exact):
            pair = self.int8[bound.name]
            if pair.inputs[0] is None or pair.inputs[0].quantization != pair.output.quantization:
                continue
            plain = self.step(position, values, rounded=False)
            if all(np.array_equal(plain[name], values[name]) for name in plain):
                self._copies.add(position)

    def layer(self, position: int) -> tuple[BoundNode, BoundNode, BoundNode]:
        """The node in float32, in float32 with rounded constants, and in int8."""
        exact = self._exact[position]
        return exact, self._rounded[position], self.int8[exact.name]

    def _is_rounded(self, bound: BoundNode) -> bool:
        return any(t.type.has_codes for t in self.int8[bound.name].outputs)

    def inputs(self, x: Mapping[str, Array], *, rounded: bool) -> Values:
        """The graph's inputs for samples `x`, as the int8 graph sees them when `rounded`."""
        if not rounded:
            return dict(x)
        types = {name: self._inputs[name].type for name in x}
        return {name: dequantize_output(quantize_input(v, types[name]), types[name]) for name, v in x.items()}

    def step(self, position: int, values: Mapping[str, Array], *, rounded: bool) -> Values:
        """Outputs of the node at `position`, reading `values`."""
        rounded = rounded and position not in self._copies
        bound = self._rounded[position] if rounded else self._exact[position]
        args = tuple(None if t is None else values.get(t.name, t.data) for t in bound.inputs)
        outputs = evaluate(bound, args)
        if rounded:
            types = [t.type for t in self.int8[bound.name].outputs]
            outputs = tuple(
                dequantize_output(quantize_input(y, t), t) if t.has_codes else y
                for y, t in zip(outputs, types, strict=True)
            )
        return dict(zip(bound.node.outputs, outputs, strict=True))

    def all(self, x: Mapping[str, Array], *, rounded: bool) -> Values:
        """Every value of the graph."""
        values = self.inputs(x, rounded=rounded)
        for position in range(len(self._exact)):
            values.update(self.step(position, values, rounded=rounded))
        return values

    def changed(self, position: int, base: Mapping[str, Array], *, rounded: bool) -> Values:
        """`base` (all values, the other way round) with the node at `position` `rounded` or not; what changed by it."""
        found = self.step(position, base, rounded=rounded)
        for later in range(position + 1, len(self._exact)):
            if any(name in found for name in self._exact[later].node.inputs):
                found.update(self.step(later, {**base, **found}, rounded=not rounded))
        return found


def _with_real_constants(exact: BoundNode, int8: BoundNode) -> BoundNode:
    """The float node with the int8 node's constants as reals; a bias may have come with a correction."""
    inputs: list[Tensor | None] = []
    count = max(len(exact.inputs), len(int8.inputs))
    for i in range(count):
        mine, theirs = exact.optional(i), int8.optional(i)
        constant = theirs is not None and theirs.is_constant and theirs.quantization is not None
        inputs.append(real_tensor(theirs) if constant and theirs is not None else mine)
    names = tuple(t.name if t is not None else "" for t in inputs)
    return replace(exact, node=replace(exact.node, inputs=names), inputs=tuple(inputs))


def int8_outputs(graph: Graph, x: Mapping[str, Array]) -> Array:
    """The first output of the int8 graph itself, in reals, for samples `x` (N, …)."""
    codes = {name: quantize_input(v, graph.tensor(name).type) for name, v in x.items()}
    out = graph.output_tensors[0]
    return np.asarray(dequantize_output(run(graph, codes)[out.name], out.type))
