"""Cross-layer equalisation: neighbouring layers share their channels' ranges before they are rounded.

Between two layers with nothing but a relu, a channel may be made smaller in the first and as much larger in the second:
the network computes the same. The factor that makes both ranges equal leaves most codes to every channel (Nagel et al.
2019, section 4.1). relu6 would have to move its limit with the channel, so such pairs are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, Graph, Tensor
from edgeml.ops.common import Activation

METHOD = "equalisation"
# dimension of the weights that goes over input channels; depthwise weights have one dimension for both
_INPUT_AXIS: Mapping[str, int] = {"conv_2d": 3, "fully_connected": 1, "depthwise_conv_2d": 3}
_OUTPUT_AXIS: Mapping[str, int] = {"conv_2d": 0, "fully_connected": 0, "depthwise_conv_2d": 3}
_HOMOGENEOUS = (Activation.NONE, Activation.RELU)
# rounds over all pairs, since each pair changes its neighbours, and how far one channel may move in a round
_ROUNDS = 8
_LARGEST = 64.0


@dataclass(frozen=True)
class Pair:
    """Names of two nodes, the second of which alone reads the first, channel by channel."""

    first: str
    second: str


def equalize(graph: Graph) -> tuple[Graph, tuple[Pair, ...]]:
    """A float graph that computes the same with equalised weights, and the pairs of layers that were."""
    pairs = _pairs(graph)
    weights = {t.name: t.data for t in graph.constants if t.data is not None}
    bound = {b.name: b for b in graph.bound()}
    for _ in range(_ROUNDS if pairs else 0):
        for pair in pairs:
            _equalize_pair(bound[pair.first], bound[pair.second], weights)
    changed = {}
    for name, data in weights.items():
        tensor = graph.tensor(name)
        if data is not tensor.data:
            data.flags.writeable = False
            changed[name] = Tensor(name, tensor.type, data)
    return graph.with_tensors(changed), pairs


def _pairs(graph: Graph) -> tuple[Pair, ...]:
    found = []
    for first in graph.bound():
        users = graph.consumers(first.output.name)
        if not _has_weights(first) or len(users) != 1 or first.output.name in graph.kept:
            continue
        second = graph.bind(users[0])
        attrs: Any = first.node.attrs
        if not _has_weights(second) or attrs.activation not in _HOMOGENEOUS:
            continue
        shared = [
            b for b in (first, second) for t in b.inputs[1:] if t is not None and len(graph.consumers(t.name)) > 1
        ]
        channels = first.output.shape[-1]
        reads_output = second.input(0).name == first.output.name
        fits = second.input(1).shape[_INPUT_AXIS[second.node.op]] == channels
        if reads_output and fits and not shared:
            found.append(Pair(first.name, second.name))
    return tuple(found)


def _has_weights(bound: BoundNode) -> bool:
    if bound.node.op not in _INPUT_AXIS or not bound.input(1).is_constant:
        return False
    bias = bound.optional(2)
    return bias is None or bias.is_constant


def _equalize_pair(first: BoundNode, second: BoundNode, weights: dict[str, Array]) -> None:
    """Replaces the two nodes' entries in `weights`."""
    mine, theirs = first.input(1).name, second.input(1).name
    out_axis, in_axis = _OUTPUT_AXIS[first.node.op], _INPUT_AXIS[second.node.op]
    own, next_ = _peaks(weights[mine], out_axis), _peaks(weights[theirs], in_axis)
    usable = (own > 0) & (next_ > 0)
    factor = np.ones_like(own)
    factor[usable] = np.clip(np.sqrt(own[usable] / next_[usable]), 1 / _LARGEST, _LARGEST)
    factor = factor.astype(np.float32)
    weights[mine] = weights[mine] / _along(factor, weights[mine].ndim, out_axis)
    weights[theirs] = weights[theirs] * _along(factor, weights[theirs].ndim, in_axis)
    bias = first.optional(2)
    if bias is not None:
        weights[bias.name] = weights[bias.name] / factor


def _peaks(data: Array, axis: int) -> Array:
    others = tuple(i for i in range(data.ndim) if i != axis)
    return np.asarray(np.abs(data).max(axis=others), np.float64)


def _along(factor: Array, rank: int, axis: int) -> Array:
    return factor.reshape([-1 if i == axis else 1 for i in range(rank)])
