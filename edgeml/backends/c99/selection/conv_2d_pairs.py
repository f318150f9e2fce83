"""conv_2d with two pixels in one multiplication, for processors without packed arithmetic."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias
from edgeml.backends.c99.selection.pixel_pairs import MOST_WEIGHTS, Grouped, grouped
from edgeml.backends.c99.selection.requantization import node_form, short_node_form
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table, is_int8
from edgeml.ops.common import fused_range_s8
from edgeml.ops.convolution import conv_scales, weight_zero_point

_AXES = (1, 2, 3)


class Conv2DPairs(Kernel):
    """Four pixels a turn, as two pairs; sums taken apart once for each group of weights."""

    name = "conv_2d_pairs_s8"
    op = "conv_2d"
    suits = frozenset({"thumb2", "rv32"})
    # instructions for a weight and four pixels, to take a group's sums apart, for an extra entry, for a channel
    costs: ClassVar[tuple[float, float, float, float]] = (3.5, 8, 14, 70)

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        w = bound.input(1).data
        if not is_int8(bound) or w is None:
            return "int8 only"
        if weight_zero_point(bound):
            return "the weights have a zero point"
        if w[0].size >= MOST_WEIGHTS - 16:
            return f"a channel has {w[0].size:,} weights, the limit is {MOST_WEIGHTS - 17:,}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        plain = OPS["conv_2d"].kernel(bound)
        groups = self._groups(bound)
        params = {k: v for k, v in plain.params.items() if k != "weight_zero_point"}
        low, high = fused_range_s8(bound, OPS["conv_2d"].attrs(bound).activation)
        offset, shift, forms, scales = self._forms(bound, low, high)
        params |= {"count": groups.count, "group": groups.group, "shift": shift}
        tables = (
            Table("weights", groups.weights),
            Table("extra", groups.extra),
            Table("bias", folded_bias(bound, _AXES) + offset),
            forms,
            scales,
        )
        return KernelCall(self.name, params, (Operand(0), *tables, Scratch(8 * groups.count), Result()), plain.repeat)

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
        return _grouped(bound, self.costs[:3])

    def _forms(self, bound: BoundNode, low: int, high: int) -> tuple[Array, int, Table, Table]:
        form = node_form(bound, _AXES, low, high)
        return form.offset, form.shift, *form.tables(conv_scales(bound))


class Conv2DShortPairs(Conv2DPairs):
    """The same without a 32x32->64 multiplication."""

    name = "conv_2d_short_pairs_s8"
    suits = frozenset({"thumb1"})
    costs = (7, 10, 20, 145)

    def _forms(self, bound: BoundNode, low: int, high: int) -> tuple[Array, int, Table, Table]:
        form = short_node_form(bound, _AXES, low, high)
        return np.zeros_like(form.addend), 0, *form.tables(conv_scales(bound))


@lru_cache(maxsize=1)
def _grouped(bound: BoundNode, costs: tuple[float, float, float]) -> Grouped:
    """The weights for the kernel with these costs; call and estimate ask for the same."""
    w = bound.input(1).data
    assert w is not None
    return grouped(w.reshape(len(w), -1), *costs)
