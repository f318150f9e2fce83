"""Weight scales moved by a unit of their last place or a few, so that every channel requantises exactly with integers.

A channel whose sums meet exact halves, or nearly so, is rounded by no single multiplication of integers as LiteRT
rounds it. A neighbouring scale has its halves elsewhere. The codes stay: the reals they stand for move by less than
a millionth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Numerics, Quantization, Tensor, verify
from edgeml.ops import OPS
from edgeml.ops.common import fused_range_s8
from edgeml.ops.convolution import ConvolutionAttrs, sum_range, weight_zero_point
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.integer_form import common_shift, integer_form, thresholds
from edgeml.ops.requantize import multiplier
from edgeml.ops.short_form import short_form
from edgeml.quantize.materialize import bias_quantization

_OPS = ("conv_2d", "depthwise_conv_2d", "fully_connected")
# units of the last place, in the order in which they are tried
_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6, 8, -8)


def exact_scales(graph: Graph) -> Graph:
    """`graph` with other weight scales, and bias scales, for channels that need them; per-channel int8 weights only.

    A channel that none of the neighbours helps keeps its scale.
    """
    changed: dict[str, Tensor] = {}
    uses = Counter(name for node in graph.nodes for name in node.inputs)
    for bound in graph.bound():
        if not _has_channel_scales(bound) or any(uses[t.name] > 1 for t in bound.inputs[1:] if t is not None):
            continue
        weights, bias = _scaled(bound, _exact(bound)), bound.optional(2)
        changed[weights.name] = weights
        if bias is not None:
            q = bias_quantization(bound.input(0).type, weights.type)
            changed[bias.name] = replace(bias, type=replace(bias.type, quantization=q))
    return verify(graph.with_nodes(graph.nodes, changed), OPS)


def _scaled(bound: BoundNode, scales: Array) -> Tensor:
    """The node's weights with other scales."""
    weights, axis = bound.input(1), OPS[bound.node.op].weight_axis
    assert axis is not None
    return replace(weights, type=replace(weights.type, quantization=Quantization.per_channel(scales, axis)))


def _has_channel_scales(bound: BoundNode) -> bool:
    if bound.node.op not in _OPS or bound.output.dtype is not DType.INT8 or bound.numerics is Numerics.TFLM:
        return False
    weights = bound.input(1)
    q = weights.quantization
    return weights.data is not None and q is not None and q.axis is not None and not weight_zero_point(bound)


def _exact(bound: BoundNode) -> Array:
    """Weight scales of the node, float32 (N,): the first of the steps with both integer forms, or else the long one."""
    weights, axis, attrs = bound.input(1), OPS[bound.node.op].weight_axis, bound.node.attrs
    assert weights.quantization is not None and axis is not None
    assert isinstance(attrs, ConvolutionAttrs | FullyConnectedAttrs)
    below, above = sum_range(bound, tuple(i for i in range(len(weights.shape)) if i != axis))
    low, high = fused_range_s8(bound, attrs.activation)
    scale, out, first = bound.input(0).type.scale, bound.output.type, weights.quantization.scales
    shift = common_shift(multiplier(scale, first, out.scale))
    found, todo, only_long = first.copy(), np.arange(len(first)), np.zeros(len(first), bool)
    for step in _STEPS:
        trial = (first[todo].view(np.int32) + np.int32(step)).view(np.float32)
        case = multiplier(scale, trial, out.scale), out.zero_point, low, high, below[todo], above[todo]
        values, least = thresholds(*case)
        short = short_form(*case, known=(values, least)).proved
        # where the short form fails, the long one says nothing new to a channel that has it
        asked = np.flatnonzero(short | ~only_long[todo])
        long = np.zeros(len(todo), bool)
        some = (case[0][asked], *case[1:4], below[todo[asked]], above[todo[asked]])
        long[asked] = integer_form(*some, shift, (values, least[asked])).proved
        exact = long & short
        take = exact | (long & ~only_long[todo])
        found[todo[take]], only_long[todo[take]] = trial[take], True
        todo = todo[~exact]
        if not todo.size:
            break
    return found
