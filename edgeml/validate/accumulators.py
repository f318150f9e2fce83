"""Proof from the weights alone that no int32 accumulator of an int8 layer can overflow, whatever the input.

For output channel c every partial sum, in any order of the additions, is at most
`sum |w| * max |x - zero_point| + |bias|`: a bound for every kernel that adds the products of one window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeml.errors import BudgetError
from edgeml.ir import Array, BoundNode, DType, Graph
from edgeml.ops import OPS
from edgeml.ops.unidirectional_sequence_lstm import (
    BIASES,
    HIDDEN,
    RECURRENT,
    WEIGHTS,
    UnidirectionalSequenceLstm,
    X,
)

INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class AccumulatorBound:
    """The largest |accumulator| that any input can cause in one layer, and the channel where it is reached."""

    name: str
    op: str
    channel: int
    bound: int

    @property
    def headroom_bits(self) -> float:
        """How many more bits int32 has; negative when the layer can overflow."""
        return math.log2(INT32_MAX / self.bound) if self.bound else 31.0

    @property
    def overflows(self) -> bool:
        return self.bound > INT32_MAX


def accumulator_bounds(graph: Graph) -> tuple[AccumulatorBound, ...]:
    """One entry for each int8 layer with constant int8 weights, in execution order."""
    return tuple(_bound(bound) for bound in graph.bound() if _has_int8_weights(bound))


def require_no_overflow(bounds: tuple[AccumulatorBound, ...]) -> None:
    """BudgetError that names the first layer and channel whose accumulator can leave int32."""
    for b in bounds:
        if b.overflows:
            raise BudgetError(
                f"{b.op} '{b.name}': the int32 accumulator of output channel {b.channel} can overflow: over all inputs "
                f"it is bounded by {b.bound} only, above {INT32_MAX}. Make the layer's weights or bias smaller."
            )


def _has_int8_weights(bound: BoundNode) -> bool:
    if bound.node.op == UnidirectionalSequenceLstm.name:
        return bound.input(0).dtype is DType.INT8
    weights = bound.optional(1)
    return (
        OPS[bound.node.op].weight_axis is not None
        and weights is not None
        and weights.data is not None
        and weights.dtype is DType.INT8
        and bound.input(0).dtype is DType.INT8
    )


def _bound(bound: BoundNode) -> AccumulatorBound:
    if bound.node.op == UnidirectionalSequenceLstm.name:
        return _lstm_bound(bound)
    weights, axis = bound.input(1), OPS[bound.node.op].weight_axis
    assert weights.data is not None and axis is not None
    zero_point = bound.input(0).type.zero_point
    others = tuple(i for i in range(weights.data.ndim) if i != axis)
    # int64 holds 2^31 products of 127 * 255 and more: no tensor of a file is that large
    sums = np.abs(weights.data.astype(np.int64)).sum(axis=others) * max(127 - zero_point, 128 + zero_point)
    bias = bound.optional(2)
    if bias is not None and bias.data is not None:
        sums = sums + np.abs(bias.data.astype(np.int64).ravel())
    channel = int(np.argmax(sums))
    return AccumulatorBound(bound.name, bound.node.op, channel, int(sums[channel]))


def _lstm_bound(bound: BoundNode) -> AccumulatorBound:
    """Two accumulators for each unit of the gates i, f, g, o: of the input and of the hidden state (channel: 4 gates).

    Both start at the zero point's share, and the first at the bias too, and then add products of plain codes.
    """
    sums = []
    for group, operand, biases in ((WEIGHTS, X, BIASES), (RECURRENT, HIDDEN, None)):
        zero_point = bound.input(operand).type.zero_point
        for gate, index in enumerate(group):
            weights = _codes(bound, index)
            each = np.abs(weights).sum(axis=1) * 128 + np.abs(zero_point * weights.sum(axis=1))
            sums.append(each if biases is None else each + np.abs(_codes(bound, biases[gate])))
    both = np.concatenate(sums)
    worst = int(np.argmax(both))
    return AccumulatorBound(bound.name, bound.node.op, worst % (len(both) // 2), int(both[worst]))


def _codes(bound: BoundNode, index: int) -> Array:
    data = bound.input(index).data
    assert data is not None
    return data.astype(np.int64)
