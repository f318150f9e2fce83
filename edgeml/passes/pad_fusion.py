"""Pad fusion: a zero pad before a convolution becomes the convolution's own padding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.ir import Graph
from edgeml.passes.rewrite import sole_consumer

# Pools are left alone: a maximum with zero and a mean that counts the padding are not what their padding means.
_CONVOLUTIONS = ("conv_2d", "depthwise_conv_2d")


def fuse_pads(graph: Graph) -> Graph:
    """Fuse a pad of height and width into the only convolution that reads it."""
    nodes = list(graph.nodes)
    for bound in graph.bound():
        if bound.node.op != "pad" or len(bound.output.shape) != 4:
            continue
        user = sole_consumer(graph, bound.output.name)
        if user is None or user.op not in _CONVOLUTIONS or user.inputs[0] != bound.output.name:
            continue
        pad: Any = bound.node.attrs
        (batch, rows, columns, channels) = pad.paddings
        if any((*batch, *channels)) or pad.value is not None:
            continue
        attrs: Any = user.attrs
        top, bottom, left, right = attrs.padding
        padding = (top + rows[0], bottom + rows[1], left + columns[0], right + columns[1])
        fused = replace(user, inputs=(bound.node.inputs[0], *user.inputs[1:]), attrs=replace(attrs, padding=padding))
        nodes[nodes.index(user)] = fused
        nodes.remove(bound.node)
    return graph.with_nodes(tuple(nodes))
