"""fully_connected with two products in one multiplication, for processors without packed arithmetic."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.backends.c99.selection.pixel_pairs import MOST_WEIGHTS, Grouped, grouped_weights
from edgeml.backends.c99.selection.requantization import long_forms, short_forms
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.common import fused_range_s8

_AXES = (1,)
_GROUPS = (4, 8, 16)


class FullyConnectedPairs(Weighted):
    """Two channels and four inputs a turn; sums taken from the products once for each group of weights."""

    name = "fully_connected_pairs_s8"
    op = "fully_connected"
    suits = frozenset({"thumb2", "rv32"})
    # instructions for a weight, to take a group's sum, for an extra entry, for a channel
    costs: ClassVar[tuple[float, float, float, float]] = (1.25, 4, 8, 28)
    forms = staticmethod(long_forms)

    def limit(self, bound: BoundNode) -> str:
        if (size := bound.input(1).shape[1]) >= MOST_WEIGHTS:
            return f"a channel has {size:,} weights, the limit is {MOST_WEIGHTS - 1:,}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        groups, params = self._groups(bound), self.params(bound, "input_zero_point")
        low, high = fused_range_s8(bound, OPS[self.op].attrs(bound).activation)
        offset, shift, forms, scales = self.forms(bound, _AXES, low, high)
        count = groups.count // groups.group
        params |= {"groups": count, "group": groups.group, "shift": shift}
        tables = (
            Table("weights", _words(groups.weights[:, ::-1])),
            Table("extra", groups.extra),
            Table("bias", folded_bias(bound, _AXES) + offset),
            forms,
            scales,
        )
        scratch = Scratch(4 * count * (1 + groups.group // 2))
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()))

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        groups, outputs = self._groups(bound), bound.input(1).shape[0]
        weight, group, entry, channel = self.costs
        row = groups.weights.size * (weight + group / groups.group) + groups.entries * entry
        return int(bound.output.type.elements // outputs * (row + groups.count * 7 + outputs * channel + 100))

    def _groups(self, bound: BoundNode) -> Grouped:
        return grouped_weights(bound, self.costs[:3], _GROUPS)


class FullyConnectedShortPairs(FullyConnectedPairs):
    """The same without a 32x32->64 multiplication."""

    name = "fully_connected_short_pairs_s8"
    suits = frozenset({"thumb1"})
    costs = (2, 6.5, 12, 65)
    forms = staticmethod(short_forms)


def _words(w: Array) -> Array:
    """int8 (N, K) as (N / 2, K / 4, 2) words of four weights plus 128."""
    bytes_ = (pad_to(w, 0, 2).astype(np.int64) + 128).reshape(-1, 2, w.shape[1] // 4, 4)
    words = (bytes_ << np.array([0, 8, 16, 24])).sum(3)
    return np.ascontiguousarray(words.transpose(0, 2, 1)).astype(np.uint32).view(np.int32)
