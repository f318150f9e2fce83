"""Pools of four channels at a time."""

from __future__ import annotations

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.kernel import SameCall
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import BoundNode
from edgeml.ops.base import KernelCall
from edgeml.ops.pooling import PoolAttrs


class MaxPoolDsp(SameCall):
    """The largest of four bytes in two instructions."""

    name = "max_pool_2d_dsp_s8"
    op = "max_pool_2d"
    plain = "max_pool_2d_s8"
    needs = frozenset({"dsp"})
    # instructions for each four channels of a window, beside those for its rows and pixels
    per_four = 24

    def limit(self, bound: BoundNode) -> str:
        return "fewer than 4 channels" if bound.output.shape[3] < 4 else ""

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return blockwise(bound, call, 1, ahead=False)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        attrs, x = bound.node.attrs, bound.input(0).shape
        assert isinstance(attrs, PoolAttrs)
        batches, height, width, channels = bound.output.shape
        high = _pixels(x[1], height, attrs.kernel[0], attrs.stride[0], attrs.padding[0])
        wide = _pixels(x[2], width, attrs.kernel[1], attrs.stride[1], attrs.padding[2])
        # whole rows are one run
        rows = sum(sum(high) if n < x[2] else height for n in wide)
        four = height * width * self.per_four + 13 * rows + 6 * sum(high) * sum(wide)
        return batches * (40 + height * (45 + 62 * width) + -(-channels // 4) * four)


def _pixels(size: int, windows: int, kernel: int, stride: int, pad: int) -> list[int]:
    """How many pixels of each window along an axis lie inside the image."""
    starts = [i * stride - pad for i in range(windows)]
    return [min(s + kernel, size) - max(s, 0) for s in starts]


class AveragePoolDsp(MaxPoolDsp):
    """Sums in 16 bits."""

    name = "average_pool_2d_dsp_s8"
    op = "average_pool_2d"
    plain = "average_pool_2d_s8"
    per_four = 54

    def limit(self, bound: BoundNode) -> str:
        attrs = bound.node.attrs
        assert isinstance(attrs, PoolAttrs)
        if attrs.kernel[0] * attrs.kernel[1] > 256:
            return "sums of more than 256 pixels leave 16 bits"
        return super().limit(bound)
