"""depthwise_conv_2d with Helium: one dot product of 16 bytes for each output."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.helium import Helium
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.backends.c99.window_accesses import window_margin
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.convolution import conv_scales
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs

_ROWS, _COLUMNS = 3, 4


class DepthwiseHelium(Helium):
    """Windows of up to three rows and four columns, with any stride, dilation and padding."""

    name = "depthwise_conv_2d_mve_s8"
    op = "depthwise_conv_2d"

    def limit(self, bound: BoundNode) -> str:
        if limit := super().limit(bound):
            return limit
        _, kh, kw, outputs = bound.input(1).shape
        if kh > _ROWS or kw > _COLUMNS:
            return f"a window of {kh}x{kw}, the limit is {_ROWS}x{_COLUMNS}"
        if outputs != bound.input(0).shape[3]:
            return "several outputs a channel"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        attrs, width = bound.node.attrs, bound.output.shape[2]
        assert isinstance(attrs, DepthwiseConv2DAttrs)
        columns = (width - 1) * attrs.stride[1] + 3 * attrs.dilation[1] + 1
        scratch = Scratch(64 * columns + 16 * width)
        args = (Operand(0), Table("stream", _stream(bound)), scratch, Result())
        return KernelCall(self.name, self.params(bound, "multiplier"), args, bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        batches, height, width, channels = bound.output.shape
        columns = bound.input(0).shape[2]
        quads, blocks = -(-channels // 4), -(-channels // 16)
        return batches * height * (blocks * (60 + 12 * columns) + quads * (50 + 25 * width))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # of 16 channels row after row: all of x under a row is read, then the row is written
        if call.repeat > 1:
            return ()
        _, _, width, channels = bound.output.shape
        pixels = window_margin(call.params, 1, 1, width, ahead=True)
        return (Overlap(0, 0, min(pixels, 0) * channels, channels),)


def _stream(bound: BoundNode) -> Array:
    """int32 words, 24 for each four channels; see kernels/depthwise_conv_2d_mve_s8.h."""
    w = bound.input(1).data
    assert w is not None
    filters = np.zeros((w.shape[3], _COLUMNS, 4), np.int8)
    filters[:, : w.shape[2], : w.shape[1]] = w[0].transpose(2, 1, 0)
    weights = np.ascontiguousarray(pad_to(filters, 0, 4)).reshape(-1, 64).view("<i4")
    start = pad_to(folded_bias(bound, (0, 1, 2)), 0, 4).reshape(-1, 4)
    scale = pad_to(conv_scales(bound), 0, 4).reshape(-1, 4).view(np.int32)
    return np.concatenate([weights, start, scale], 1).astype(np.int32).ravel()
