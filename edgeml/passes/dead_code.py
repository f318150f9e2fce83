"""Dead code: nodes whose results nobody reads."""

from __future__ import annotations

from edgeml.ir import Graph, Node


def remove_dead_code(graph: Graph) -> Graph:
    """Keep the nodes that the graph's outputs and states depend on."""
    live = set(graph.kept)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if live & set(node.outputs):
            live.update(n for n in node.inputs if n)
            kept.append(node)
    return graph.with_nodes(tuple(reversed(kept)))
