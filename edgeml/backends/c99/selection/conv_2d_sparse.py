"""What the convolutions with packed products share that leave out zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.conv_2d_dsp import window_instructions
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall


@dataclass(frozen=True)
class Spent:
    """Instructions for one output channel, and for one record of weights that is kept."""

    channel: int
    record: int


class SparseConv2DDsp(Weighted):
    """Blocks of four pixels, then the rest one by one, over the records of weights that a format keeps."""

    op = "conv_2d"
    needs = frozenset({"dsp"})
    block: ClassVar[Spent]
    pixel: ClassVar[Spent]

    def estimate(self, bound: BoundNode, records: int, turns: Array) -> int:
        """Instructions of one run with `records` in all; `turns` (N, 2) as `loop_turns` makes them."""
        outputs = bound.input(1).shape[0]
        batches, oh, ow, _ = bound.output.shape
        blocks, rest = divmod(oh * ow, 4)
        channels = self.block.channel * outputs + self.block.record * records + 2 * int((turns >> 16).sum())
        pixel = self.pixel.channel * outputs + self.pixel.record * records
        return batches * (blocks * channels + rest * pixel + window_instructions(bound))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # the windows of four pixels are expanded, then their outputs written
        return blockwise(bound, call, 4, ahead=True)
