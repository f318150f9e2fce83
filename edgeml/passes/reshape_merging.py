"""Reshape merging: of reshapes in a row only the last one says anything."""

from __future__ import annotations

from dataclasses import replace

from edgeml.ir import Graph, Node


def merge_reshapes(graph: Graph) -> Graph:
    """Let each reshape read what the reshape before it reads; those that nobody reads any more are dead code."""
    source: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.op == "reshape":
            first = source.get(node.inputs[0], node.inputs[0])
            source[node.outputs[0]] = first
            node = replace(node, inputs=(first,))
        nodes.append(node)
    return graph.with_nodes(tuple(nodes)) if tuple(nodes) != graph.nodes else graph
