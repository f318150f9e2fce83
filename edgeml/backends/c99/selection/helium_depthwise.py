"""depthwise_conv_2d with Helium: dot products of 16 bytes, four rows by four columns of a window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.helium import Helium
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.backends.c99.window_accesses import window_margin
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, ParamValue, Result, Scratch, Table
from edgeml.ops.convolution import conv_scales

_PART = 4  # rows and columns of a window that one dot product takes


class DepthwiseHelium(Helium):
    """Any window, stride, dilation and padding."""

    name = "depthwise_conv_2d_mve_s8"
    op = "depthwise_conv_2d"

    def limit(self, bound: BoundNode) -> str:
        if limit := super().limit(bound):
            return limit
        return "several outputs a channel" if bound.output.shape[3] != bound.input(0).shape[3] else ""

    def call(self, bound: BoundNode) -> KernelCall:
        params = self.params(bound, "multiplier")
        if _is_column(bound):
            # a column is a row of the same bytes, which goes faster
            axes = {"h": "w", "w": "h", "top": "left", "left": "top"}
            params = {_renamed(n, axes): v for n, v in params.items()}
        width, kernel, stride, dilation = (_int(params[f"{n}_w"]) for n in ("output", "kernel", "stride", "dilation"))
        columns = (width - 1) * stride + (_parts(kernel) * _PART - 1) * dilation + 1
        sums = 64 if _int(params["kernel_h"]) > _PART else 16
        scratch = Scratch(64 * columns + sums * width)
        args = (Operand(0), Table("stream", _stream(bound)), scratch, Result())
        return KernelCall(self.name, params, args, bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        batches, height, width, channels = bound.output.shape
        (_, in_height, in_width, _), (_, kh, kw, _) = bound.input(0).shape, bound.input(1).shape
        if _is_column(bound):
            height, width, in_width, kh, kw = width, height, in_height, kw, kh
        quads, blocks = -(-channels // 4), -(-channels // 16)
        row = blocks * _parts(kh) * (90 + 13 * in_width)
        row += quads * (30 + 12 * width + _parts(kh) * _parts(kw) * (35 + 15 * width))
        return batches * height * row

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # of 16 channels row after row: all of x under a row is read, then the row is written
        if call.repeat > 1:
            return ()
        channels = bound.output.shape[3]
        pixels = window_margin(call.params, 1, 1, _int(call.params["output_w"]), ahead=True)
        return (Overlap(0, 0, min(pixels, 0) * channels, channels),)


def _is_column(bound: BoundNode) -> bool:
    """Whether images and windows are one column wide."""
    x, w, y = bound.input(0).shape, bound.input(1).shape, bound.output.shape
    return x[2] == w[2] == y[2] == 1 and y[1] > 1


def _renamed(name: str, axes: Mapping[str, str]) -> str:
    """A parameter's name for the other axis."""
    stem, _, axis = name.rpartition("_")
    return f"{stem}_{axes[axis]}" if stem and axis in axes else name


def _int(value: ParamValue) -> int:
    assert isinstance(value, int)
    return value


def _parts(taps: int) -> int:
    return -(-taps // _PART)


def _stream(bound: BoundNode) -> Array:
    """int32 words for each four channels; see kernels/depthwise_conv_2d_mve_s8.h."""
    w = bound.input(1).data
    assert w is not None
    taps = w[0].transpose(2, 1, 0) if not _is_column(bound) else w[0].transpose(2, 0, 1)  # channel, column, row
    taps = pad_to(pad_to(pad_to(taps, 0, 4), 1, _PART), 2, _PART)
    parts = taps.reshape(len(taps) // 4, 4, taps.shape[1] // _PART, _PART, taps.shape[2] // _PART, _PART)
    # four channels, part's row, part's column, channel, column, row
    ordered = np.ascontiguousarray(parts.transpose(0, 4, 2, 1, 3, 5))
    weights = ordered.reshape(len(parts), -1).view("<i4")
    start = pad_to(folded_bias(bound, (0, 1, 2)), 0, 4).reshape(-1, 4)
    scale = pad_to(conv_scales(bound), 0, 4).reshape(-1, 4).view(np.int32)
    return np.concatenate([start, weights, scale], 1).astype(np.int32).ravel()
