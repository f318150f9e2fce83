"""The graph without the channels that go: a smaller dense graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, Graph, Node, Tensor, verify
from edgeml.ops import OPS
from edgeml.prune.channels.dependencies import Channels, channel_dependencies


def remove_channels(graph: Graph, gone: frozenset[int]) -> Graph:
    """`graph` without the channels whose numbers (of `channel_dependencies`) are in `gone`.

    Producers lose rows and bias, depthwise convolutions filters, consumers columns, constants of elementwise operators
    their elements. Raises GraphError for a channel that must stay.
    """
    channels = channel_dependencies(graph)
    if gone & channels.fixed:
        raise GraphError(
            f"graph '{graph.name}': channel {min(gone & channels.fixed)} is an input's, an output's or an unknown "
            "operator's and must stay. Choose others with weakest_channels."
        )
    removed = np.array(sorted(gone), np.int64)
    keep = {name: np.flatnonzero(~np.isin(ids, removed)) for name, ids in channels.of.items()}
    changed: dict[str, Tensor] = {}
    for name, left in keep.items():
        tensor = graph.tensor(name)
        if len(left) == len(channels.of[name]):
            continue
        if not len(left):
            raise GraphError(f"graph '{graph.name}': tensor '{name}' would lose its last channel. Keep one at least.")
        changed[name] = _narrower(tensor, len(left))
    nodes = []
    for bound in graph.bound():
        changed |= _constants(bound, channels, keep, removed)
        nodes.append(_reshaped(bound, keep))
    return verify(graph.with_nodes(tuple(nodes), changed), OPS)


def narrowed(bound: BoundNode, channels: Channels, removed: Array) -> BoundNode:
    """One node of a graph without the channels whose numbers are in `removed`, none of which must stay."""
    active = [t for t in (*bound.inputs, *bound.outputs) if t is not None and t.name in channels.of]
    keep = {t.name: np.flatnonzero(~np.isin(channels.of[t.name], removed)) for t in active}
    changed = {t.name: _narrower(t, len(keep[t.name])) for t in active}
    changed |= _constants(bound, channels, keep, removed)
    inputs = tuple(t if t is None else changed.get(t.name, t) for t in bound.inputs)
    outputs = tuple(changed[t.name] for t in bound.outputs)
    return replace(bound, node=_reshaped(bound, keep), inputs=inputs, outputs=outputs)


def _narrower(tensor: Tensor, width: int) -> Tensor:
    """An activation whose last dimension is `width`; one without dimensions stays."""
    return replace(tensor, type=replace(tensor.type, shape=(*tensor.shape[:-1], width))) if tensor.shape else tensor


def _constants(bound: BoundNode, channels: Channels, keep: dict[str, Array], removed: Array) -> dict[str, Tensor]:
    """The node's constants with what belongs to removed channels cut out."""
    left = keep[bound.output.name]
    if len(left) == len(channels.of[bound.output.name]) and bound.name not in channels.columns:
        return {}
    found = {}
    if bound.name in channels.columns:
        columns = np.flatnonzero(~np.isin(channels.columns[bound.name], removed))
        weights = bound.input(1)
        assert weights.data is not None
        found[weights.name] = _with(weights, weights.data[left][..., columns])
        rest = bound.inputs[2:]
    else:
        rest = bound.inputs
    width = bound.output.shape[-1]
    for tensor in rest:
        if tensor is not None and tensor.data is not None and tensor.shape[-1:] == (width,) and width > 1:
            found[tensor.name] = _with(tensor, tensor.data[..., left])
    return found


def _with(tensor: Tensor, data: Array) -> Tensor:
    data = np.ascontiguousarray(data)
    data.flags.writeable = False
    return Tensor(tensor.name, replace(tensor.type, shape=data.shape), data)


def _reshaped(bound: BoundNode, keep: dict[str, Array]) -> Node:
    """A reshape says how many channels there are."""
    attrs: Any = bound.node.attrs
    if bound.node.op != "reshape" or len(keep[bound.output.name]) == bound.output.shape[-1]:
        return bound.node
    shape = (*bound.output.shape[:-1], len(keep[bound.output.name]))
    return replace(bound.node, attrs=replace(attrs, shape=shape))
