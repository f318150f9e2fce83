"""depthwise_conv_2d with vectors of channels, four taps at a time: kernels/depthwise_simd_s8.h."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.conv_2d_simd import Simd, both_biases
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.convolution import conv_scales

# EDGEML_DEPTHWISE_SIMD_TAPS
_TAPS = 128
CHUNK = 64
# chunks of tables that a row of pixels may take more than one pixel does
_MORE_CHUNKS = 8


@dataclass(frozen=True)
class _Segments:
    """How the bytes of a row of outputs are taken: the whole row, or one pixel after the other."""

    segments: int
    segment: int
    chunks: int

    @staticmethod
    def of(channels: int, pixels: int) -> _Segments:
        one = -(-channels // CHUNK)
        # the channels' pattern over a row, in whole chunks; a short row has less of it
        row = min(math.lcm(channels, CHUNK), channels * pixels)
        chunks = -(-row // CHUNK)
        if chunks <= one + _MORE_CHUNKS:
            return _Segments(1, channels * pixels, chunks)
        return _Segments(pixels, channels, one)


class DepthwiseSimd(Simd):
    """Any window: rows are copied with their padding, apart by phase of the stride."""

    name = "depthwise_simd_s8"
    op = "depthwise_conv_2d"

    def limit(self, bound: BoundNode) -> str:
        if limit := super().limit(bound):
            return limit
        w = bound.input(1).shape
        if w[1] * w[2] > _TAPS:
            return f"the window has {w[1] * w[2]} taps, the limit is {_TAPS}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        attrs, w = OPS[self.op].attrs(bound), bound.input(1).data
        assert w is not None
        height, width, channels = w.shape[1:]
        pixels = bound.output.shape[2]
        parts = _Segments.of(channels, pixels)
        columns = (pixels - 1) * attrs.stride[1] + (width - 1) * attrs.dilation[1] + 1
        params = {
            **self.params(bound),
            "columns": columns,
            "segments": parts.segments,
            "segment": parts.segment,
            "chunks": parts.chunks,
        }
        bias = np.concatenate([_spread(b, parts).ravel() for b in both_biases(bound, (0, 1, 2))])
        taps = pad_to(w.reshape(height * width, channels), 0, 4).reshape(-1, 4, channels)  # group, tap, channel
        weights = _spread(taps, parts).transpose(2, 0, 3, 4, 5, 1)  # chunk, group, v, l, n, tap
        rows = (height - 1) * attrs.dilation[0] + 1
        scratch = Scratch(rows * attrs.stride[1] * -(-columns // attrs.stride[1]) * channels + CHUNK)
        tables = (
            Table("weights", np.ascontiguousarray(weights).ravel()),
            Table("bias", bias),
            Table("scale", _spread(conv_scales(bound), parts).ravel()),
        )
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()), bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return OPS[self.op].macs(bound) // 8 + bound.output.type.elements


def _spread(values: Array, parts: _Segments) -> Array:
    """(…, channels) as (…, chunks, 4, 4, 4): the channels of each byte of a segment, in the order of the tables."""
    channels = values.shape[-1]
    index = np.arange(parts.chunks * CHUNK)
    # behind the last channel of a pixel anything will do
    chunks = values[..., index % channels].reshape(*values.shape[:-1], parts.chunks, 4, 4, 4)
    return np.ascontiguousarray(np.moveaxis(chunks, -2, -3))
