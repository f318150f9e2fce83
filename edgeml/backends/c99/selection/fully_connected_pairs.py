"""fully_connected with two products in one multiplication, for processors without packed arithmetic."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.backends.c99.selection.pixel_pairs import MOST_WEIGHTS, Grouped, grouped
from edgeml.backends.c99.selection.requantization import node_form, short_node_form
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table, is_int8
from edgeml.ops.convolution import conv_scales, weight_zero_point

_AXES = (1,)
_GROUPS = (4, 8, 16)


class FullyConnectedPairs(Kernel):
    """Two channels and four inputs a turn; sums taken from the products once for each group of weights."""

    name = "fully_connected_pairs_s8"
    op = "fully_connected"
    suits = frozenset({"thumb2", "rv32"})
    # instructions for a weight, to take a group's sum, for an extra entry, for a channel
    costs: ClassVar[tuple[float, float, float, float]] = (1.25, 4, 8, 28)

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        w = bound.input(1).data
        if not is_int8(bound) or w is None:
            return "int8 only"
        if weight_zero_point(bound):
            return "the weights have a zero point"
        if w.shape[1] >= MOST_WEIGHTS:
            return f"a channel has {w.shape[1]:,} weights, the limit is {MOST_WEIGHTS - 1:,}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        plain, groups = OPS[self.op].kernel(bound), self._groups(bound)
        names = (
            "batches", "input_size", "output_size", "output_zero_point", "activation_min", "activation_max"
        )  # fmt: skip
        params = {name: plain.params[name] for name in names}
        low, high = (int(str(params[name])) for name in names[-2:])
        offset, shift, forms, scales = self._forms(bound, low, high)
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
        return _grouped(bound, self.costs[:3])

    def _forms(self, bound: BoundNode, low: int, high: int) -> tuple[Array, int, Table, Table]:
        form = node_form(bound, _AXES, low, high)
        return form.offset, form.shift, *form.tables(conv_scales(bound))


class FullyConnectedShortPairs(FullyConnectedPairs):
    """The same without a 32x32->64 multiplication."""

    name = "fully_connected_short_pairs_s8"
    suits = frozenset({"thumb1"})
    costs = (2, 6.5, 12, 65)

    def _forms(self, bound: BoundNode, low: int, high: int) -> tuple[Array, int, Table, Table]:
        form = short_node_form(bound, _AXES, low, high)
        return np.zeros_like(form.addend), 0, *form.tables(conv_scales(bound))


@lru_cache(maxsize=1)
def _grouped(bound: BoundNode, costs: tuple[float, float, float]) -> Grouped:
    """The weights for the kernel with these costs; call and estimate ask for the same."""
    w = bound.input(1).data
    assert w is not None
    return grouped(w, *costs, _GROUPS)


def _words(w: Array) -> Array:
    """int8 (N, K) as (N / 2, K / 4, 2) words of four weights plus 128."""
    bytes_ = (pad_to(w, 0, 2).astype(np.int64) + 128).reshape(-1, 2, w.shape[1] // 4, 4)
    words = (bytes_ << np.array([0, 8, 16, 24])).sum(3)
    return np.ascontiguousarray(words.transpose(0, 2, 1)).astype(np.uint32).view(np.int32)
