"""Constant folding: a node whose inputs are all constant is computed now, by its own reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Graph, Tensor
from edgeml.ops import OPS

# All folded values of one graph may take this many times the bytes of its constants, and a few more: a tile or a
# broadcast of one element must not make a small file a large one.
GROWTH, ALWAYS = 16, 1 << 20


def fold_constants(graph: Graph) -> Graph:
    """Replace nodes on constants by their value; graph outputs and states stay computed."""
    changed: dict[str, Tensor] = {}
    nodes = []
    budget = ALWAYS + GROWTH * sum(t.type.nbytes for t in graph.constants)
    for node in graph.nodes:
        inputs = [changed.get(n, graph.tensor(n)) if n else None for n in node.inputs]
        constant = inputs and all(t is None or t.is_constant for t in inputs)
        size = sum(graph.tensor(n).type.nbytes for n in node.outputs)
        if not constant or set(node.outputs) & set(graph.kept) or size > budget:
            nodes.append(node)
            continue
        budget -= size
        bound = replace(graph.bind(node), inputs=tuple(inputs))
        values = OPS[node.op].reference(bound, *(t.data if t is not None else None for t in inputs))
        for name, value in zip(node.outputs, values, strict=True):
            data = np.asarray(value, order="C")
            data.flags.writeable = False
            changed[name] = replace(graph.tensor(name), data=data)
    return graph.with_nodes(tuple(nodes), changed) if changed else graph
