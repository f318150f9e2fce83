"""Transpose merging: two in a row become one, and one that only moves dimensions of size 1 becomes a reshape."""

from __future__ import annotations

from dataclasses import replace

from edgeml.ir import BoundNode, Graph, Node
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.transpose import TransposeAttrs, compose


def merge_transposes(graph: Graph) -> Graph:
    """Let each transpose read what the transpose before it reads; the first one goes when nobody else reads it."""
    nodes: list[Node] = []
    made: dict[str, Node] = {}
    for node in graph.nodes:
        attrs = node.attrs
        if isinstance(attrs, TransposeAttrs):
            before = made.get(node.inputs[0])
            if before is not None:
                assert isinstance(before.attrs, TransposeAttrs)
                perm = compose(before.attrs.perm, attrs.perm)
                node = replace(node, inputs=before.inputs, attrs=TransposeAttrs(perm))
            made[node.outputs[0]] = node
        nodes.append(node)
    nodes = [_as_reshape(graph.bind(n)) for n in nodes]
    return graph.with_nodes(tuple(nodes)) if tuple(nodes) != graph.nodes else graph


def keeps_order(bound: BoundNode) -> bool:
    """Whether a transpose leaves every element where it is, because it moves dimensions of size 1 only."""
    attrs = bound.node.attrs
    assert isinstance(attrs, TransposeAttrs)
    moved = [p for p in attrs.perm if bound.input(0).shape[p] > 1]
    return moved == sorted(moved)


def _as_reshape(bound: BoundNode) -> Node:
    if not isinstance(bound.node.attrs, TransposeAttrs) or not keeps_order(bound):
        return bound.node
    return replace(bound.node, op="reshape", attrs=ReshapeAttrs(bound.output.shape))
