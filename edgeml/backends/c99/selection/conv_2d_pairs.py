"""conv_2d with two pixels in one multiplication, for processors without packed arithmetic."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias
from edgeml.backends.c99.selection.pixel_pairs import MOST_WEIGHTS, Grouped, grouped_weights
from edgeml.backends.c99.selection.requantization import long_forms, short_forms
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.common import fused_range_s8

_AXES = (1, 2, 3)


class Conv2DPairs(Weighted):
    """Four pixels a turn, as two pairs; sums taken apart once for each group of weights."""

    name = "conv_2d_pairs_s8"
    op = "conv_2d"
    suits = frozenset({"thumb2", "rv32"})
    # instructions for a weight and four pixels, to take a group's sums apart, for an extra entry, for a channel
    costs: ClassVar[tuple[float, float, float, float]] = (3.5, 8, 14, 70)
    forms = staticmethod(long_forms)

    def limit(self, bound: BoundNode) -> str:
        size = int(np.prod(bound.input(1).shape[1:]))
        if size >= MOST_WEIGHTS - 16:
            return f"a channel has {size:,} weights, the limit is {MOST_WEIGHTS - 17:,}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        groups, params = self._groups(bound), self.params(bound)
        low, high = fused_range_s8(bound, OPS["conv_2d"].attrs(bound).activation)
        offset, shift, forms, scales = self.forms(bound, _AXES, low, high)
        params |= {"count": groups.count, "group": groups.group, "shift": shift}
        tables = (
            Table("weights", groups.weights),
            Table("extra", groups.extra),
            Table("bias", folded_bias(bound, _AXES) + offset),
            forms,
            scales,
        )
        args = (Operand(0), *tables, Scratch(8 * groups.count), Result())
        return KernelCall(self.name, params, args, bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        groups, pixels = self._groups(bound), bound.output.type.elements // bound.output.shape[-1]
        weight, group, entry, channel = self.costs
        size, outputs = bound.input(1).data[0].size, bound.output.shape[-1]  # type: ignore[index]
        block = groups.weights.size * (weight + group / groups.group) + groups.entries * entry + outputs * channel
        return int(-(-pixels // 4) * (block + 14 * size + 100))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # the windows of four pixels are gathered, then their outputs written
        return blockwise(bound, call, 4, ahead=True)

    def _groups(self, bound: BoundNode) -> Grouped:
        return grouped_weights(bound, self.costs[:3])


class Conv2DShortPairs(Conv2DPairs):
    """The same without a 32x32->64 multiplication."""

    name = "conv_2d_short_pairs_s8"
    suits = frozenset({"thumb1"})
    costs = (7, 10, 20, 145)
    forms = staticmethod(short_forms)
