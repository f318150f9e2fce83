"""conv_2d and fully_connected over fours of weights that are not all zeros, for processors without packed products."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias
from edgeml.backends.c99.selection.pixel_pairs import MOST_WEIGHTS
from edgeml.backends.c99.selection.requantization import long_forms, short_forms
from edgeml.backends.c99.selection.sparse_bytes import ByteFours, byte_fours
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelArg, KernelCall, Operand, ParamValue, Result, Scratch, Table
from edgeml.ops.common import fused_range_s8


class Sparse(Weighted):
    """A weighted operator whose channels are lists of fours."""

    forms = staticmethod(long_forms)
    # instructions for a four and for a channel: on Armv6-M, on machines with more of a multiplication, and elsewhere,
    # where the portable kernels' estimates are as rough
    thumb1: ClassVar[tuple[float, float]]
    costs: ClassVar[tuple[float, float]]
    rough: ClassVar[tuple[float, float]]
    limited: ClassVar[bool]

    def limit(self, bound: BoundNode) -> str:
        if (size := int(np.prod(bound.input(1).shape[1:]))) >= MOST_WEIGHTS // 2:
            return f"a channel has {size:,} weights, the limit is {MOST_WEIGHTS // 2 - 1:,}"
        return ""

    def tables(self, bound: BoundNode) -> tuple[dict[str, ParamValue], tuple[Table, ...], str]:
        """The shift, the tables of weights, bias and requantisation, and what to say of them."""
        axes = tuple(range(1, len(bound.input(1).shape)))
        kept = _fours(bound, self.limited)
        low, high = fused_range_s8(bound, OPS[self.op].attrs(bound).activation)
        offset, shift, forms, scales = self.forms(bound, axes, low, high)
        bias = Table("bias", folded_bias(bound, axes) + offset)
        return {"shift": shift}, (*kept.tables(), bias, forms, scales), kept.note

    def turn(self, bound: BoundNode, machine: Machine) -> float:
        """Instructions for all channels of one turn."""
        known = machine.features & {"thumb2", "rv32"}
        four, channel = self.thumb1 if "thumb1" in machine.features else self.costs if known else self.rough
        return len(_fours(bound, self.limited).data) * four + bound.output.shape[-1] * channel


class Conv2DSparsePairs(Sparse):
    """Four pixels a turn, as two pairs."""

    name = "conv_2d_sparse_pairs_s8"
    op = "conv_2d"
    thumb1 = (43, 420)
    costs = (26, 90)
    rough = (67, 100)
    limited = True

    def call(self, bound: BoundNode) -> KernelCall:
        count = -(-int(np.prod(bound.input(1).shape[1:])) // 4) * 4
        shift, tables, note = self.tables(bound)
        params = self.params(bound) | {"count": count, "group": 4} | shift
        args: tuple[KernelArg, ...] = (Operand(0), *tables, Scratch(8 * count), Result())
        return KernelCall(self.name, params, args, bound.output.shape[0], weights=note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        batches, oh, ow, _ = bound.output.shape
        size = int(np.prod(bound.input(1).shape[1:]))
        return int(batches * -(-oh * ow // 4) * (self.turn(bound, machine) + 14 * size + 100))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # the windows of four pixels are gathered, then their outputs written
        return blockwise(bound, call, 4, ahead=True)


class Conv2DSparseShortPairs(Conv2DSparsePairs):
    """The same without a 32x32->64 multiplication."""

    name = "conv_2d_sparse_short_pairs_s8"
    suits = frozenset({"thumb1"})
    thumb1 = (43, 240)
    forms = staticmethod(short_forms)


class FullyConnectedSparse(Sparse):
    """Plain C, four products a turn."""

    name = "fully_connected_sparse_s8"
    op = "fully_connected"
    thumb1 = (30, 80)
    costs = (18, 32)
    rough = (18, 32)
    limited = False

    def limit(self, bound: BoundNode) -> str:
        if (size := bound.input(1).shape[1]) % 4:
            return f"a channel has {size} weights, which is no multiple of 4"
        return super().limit(bound)

    def call(self, bound: BoundNode) -> KernelCall:
        shift, tables, note = self.tables(bound)
        params = self.params(bound, "input_zero_point") | shift
        return KernelCall(self.name, params, (Operand(0), *tables, Result()), weights=note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        rows = bound.output.type.elements // bound.input(1).shape[0]
        return int(rows * (self.turn(bound, machine) + 50))


class FullyConnectedSparseShort(FullyConnectedSparse):
    """The same without a 32x32->64 multiplication."""

    name = "fully_connected_sparse_short_s8"
    suits = frozenset({"thumb1"})
    thumb1 = (30, 65)
    forms = staticmethod(short_forms)


@lru_cache(maxsize=2)
def _fours(bound: BoundNode, limited: bool) -> ByteFours:
    """The call and the estimate ask for the same."""
    w = bound.input(1).data
    assert w is not None
    return byte_fours(w.reshape(len(w), -1), limited=limited)
