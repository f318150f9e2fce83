"""Small edits that several passes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgeml.ir import Graph, Node, Tensor


def redirect(graph: Graph, replaced: Mapping[str, str], drop: set[str], changed: Mapping[str, Tensor]) -> Graph:
    """Drop the nodes named in `drop` and let users of a tensor in `replaced` read the other one.

    Chains (a -> b, b -> c) are followed. Graph outputs and states are never renamed: callers must not replace them.
    """

    def final(name: str) -> str:
        while name in replaced:
            name = replaced[name]
        return name

    nodes = tuple(replace(n, inputs=tuple(final(i) for i in n.inputs)) for n in graph.nodes if n.name not in drop)
    return graph.with_nodes(nodes, changed)


def sole_consumer(graph: Graph, name: str) -> Node | None:
    """The only node that reads `name`, or None when there are others or it is an output or a state."""
    users = graph.consumers(name)
    return users[0] if len(users) == 1 and name not in graph.kept else None
