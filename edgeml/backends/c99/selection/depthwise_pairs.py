"""depthwise_conv_2d with two pixels in one multiplication, for processors without packed arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias
from edgeml.backends.c99.selection.pixel_pairs import within_range
from edgeml.backends.c99.selection.requantization import long_forms, short_forms
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.common import fused_range_s8
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs

_AXES = (0, 1, 2)
_MOST_ROWS = 3
# outputs of a half whose sums are kept before they are requantised
_OUTPUTS = 64
# fields of the portable kernel's parameters that say nothing here: windows are three wide, without dilation
_REPLACED = ("kernel_w", "dilation_w")


@dataclass(frozen=True)
class _Planes:
    """Sizes in the C kernel's words."""

    half: int
    height: int
    width: int
    rows: int


class DepthwisePairs(Weighted):
    """A row of the image's upper half beside one of its lower half; windows of up to three rows of three."""

    name = "depthwise_conv_2d_pairs_s8"
    op = "depthwise_conv_2d"
    suits = frozenset({"thumb2", "rv32"})
    # instructions for a word of the plane, for two outputs, for three of their weights, to requantise one
    costs: ClassVar[tuple[int, int, int, int]] = (8, 9, 12, 9)
    forms = staticmethod(long_forms)

    def limit(self, bound: BoundNode) -> str:
        attrs, w = _attrs(bound), bound.input(1)
        if w.shape[2] != 3 or attrs.dilation[1] != 1:
            return "windows three wide without dilation only"
        if w.shape[1] > _MOST_ROWS:
            return f"windows of up to {_MOST_ROWS} rows only"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        planes, params = _planes(bound), self.params(bound, *_REPLACED)
        low, high = fused_range_s8(bound, _attrs(bound).activation)
        offset, shift, forms, scales = self.forms(bound, _AXES, low, high)
        params |= {
            "half": planes.half, "plane_h": planes.height, "plane_w": planes.width, "rows": planes.rows, "shift": shift
        }  # fmt: skip
        bias = Table("bias", folded_bias(bound, _AXES) + offset)
        scratch = Scratch(100 + 4 * planes.height * planes.width + 8 * planes.rows * bound.output.shape[2])
        args = (Operand(0), Table("taps", np.concatenate(_taps(bound))), bias, forms, scales, scratch, Result())
        return KernelCall(self.name, params, args, bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        planes, (_, _, width, channels) = _planes(bound), bound.output.shape
        word, pair, triple, result = self.costs
        triples = sum(int(t[0]) for t in _taps(bound))
        fill = planes.height * (50 + word * planes.width) * bound.input(0).shape[3]
        outputs = planes.half * width * (channels * (pair + 2 * result) + triples * triple)
        turns = -(-planes.half // planes.rows) * channels * 150 + channels * 100
        return bound.output.shape[0] * (fill + outputs + turns + planes.half * channels * 15)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        """All x of a channel is read before its y is written, at the same place of the pixels or elsewhere."""
        channels = bound.input(0).shape[3]
        if call.repeat > 1 or bound.output.shape[3] != channels:
            return ()
        return (Overlap(0, 0, bound.input(0).type.nbytes - bound.output.type.nbytes, channels),)


class DepthwiseShortPairs(DepthwisePairs):
    """The same without a 32x32->64 multiplication."""

    name = "depthwise_conv_2d_short_pairs_s8"
    suits = frozenset({"thumb1"})
    costs = (9, 16, 13, 23)
    forms = staticmethod(short_forms)


def _attrs(bound: BoundNode) -> DepthwiseConv2DAttrs:
    assert isinstance(bound.node.attrs, DepthwiseConv2DAttrs)
    return bound.node.attrs


def _planes(bound: BoundNode) -> _Planes:
    attrs, (_, height, width, _) = _attrs(bound), bound.output.shape
    half = (height + 1) // 2
    tall = (half - 1) * attrs.stride[0] + (bound.input(1).shape[1] - 1) * attrs.dilation[0] + 1
    return _Planes(half, tall, (width - 1) * attrs.stride[1] + 3, min(half, max(1, _OUTPUTS // width)))


def _taps(bound: BoundNode) -> list[Array]:
    """For each channel the number of its triples, and for each of these three weights and 1 before a new row; int8."""
    w = bound.input(1).data
    assert w is not None
    channels = []
    for filters in np.moveaxis(w[0], 2, 0).astype(np.int32):
        kept = within_range(filters)
        triples: list[list[int]] = []
        for first, rest in zip(kept, filters - kept, strict=True):
            triples += [[*first, 0], [*rest, 1]] if rest.any() else [[*first, 1]]
        channels.append(np.append(len(triples), triples).astype(np.int8))
    return channels
