"""Constant folding: a node whose inputs are all constant is computed now, by its own reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeml.ir import Graph, Node, Tensor
from edgeml.ops import OPS

# bytes that a folded constant may take whatever it comes from
LARGEST_GROWN = 1 << 20


def fold_constants(graph: Graph) -> Graph:
    """Replace nodes on constants by their value; graph outputs and states stay computed."""
    changed: dict[str, Tensor] = {}
    nodes = []
    for node in graph.nodes:
        inputs = [changed.get(n, graph.tensor(n)) if n else None for n in node.inputs]
        constant = inputs and all(t is None or t.is_constant for t in inputs)
        if not constant or set(node.outputs) & set(graph.kept):
            nodes.append(node)
            continue
        bound = replace(graph.bind(node), inputs=tuple(inputs))
        values = OPS[node.op].reference(bound, *(t.data if t is not None else None for t in inputs))
        for name, value in zip(node.outputs, values, strict=True):
            data = np.asarray(value, order="C")
            data.flags.writeable = False
            changed[name] = replace(graph.tensor(name), data=data)
    return graph.with_nodes(tuple(nodes), changed) if changed else graph


def _grows(graph: Graph, node: Node, inputs: Sequence[Tensor | None]) -> bool:
    """Whether the value would be far larger than what it is computed from, as a tile of one element may be."""
    before = sum(t.type.nbytes for t in inputs if t is not None)
    after = sum(graph.tensor(n).type.nbytes for n in node.outputs)
    return after > max(LARGEST_GROWN, 8 * before)
