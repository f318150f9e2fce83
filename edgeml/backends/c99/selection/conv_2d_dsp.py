"""conv_2d with packed products: blocks of four pixels, two channels in one 16-bit half."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.channels import Channels, pair_words, prepare
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import pad_to
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.conv_2d import Conv2DAttrs

# the saturating shift of kernels/block_dsp_s8.h
SHIFT = 5


class Conv2DDsp(Weighted):
    """Any convolution whose sums stay below 2^23."""

    name = "conv_2d_dsp_s8"
    op = "conv_2d"
    needs = frozenset({"dsp"})
    wide = False

    def limit(self, bound: BoundNode) -> str:
        return "" if self.wide else prepared(bound).narrow_refusal(bound.numerics)

    def call(self, bound: BoundNode) -> KernelCall:
        channels = prepared(bound)
        stream = Table("stream", _stream(channels, bound.numerics, self.wide))
        args = (Operand(0), stream, Scratch(scratch_bytes(bound)), Result())
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0], channels.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, kh, kw, c = bound.input(1).shape
        batches, oh, ow, _ = bound.output.shape
        blocks, rest = divmod(oh * ow, 4)
        words = inputs_of(kh, kw * c) // 2
        per_word = 13 if self.wide else 12
        pair = 35 + (per_word * words) + 3 * -(-(words - 1) // 16)
        single = 40 + 6 * words
        # an odd channel is computed pixel by pixel, as the pixels after the last block are
        block = outputs // 2 * pair + outputs % 2 * 4 * single
        return batches * (blocks * block + rest * -(-outputs // 2) * single + window_instructions(bound))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # the windows of four pixels are expanded, then their outputs written
        return blockwise(bound, call, 4, ahead=True)


class Conv2DDspWide(Conv2DDsp):
    """Any convolution with symmetric weights."""

    name = "conv_2d_dsp_wide_s8"
    wide = True


@lru_cache(maxsize=1)
def prepared(bound: BoundNode) -> Channels:
    """The node's channels; all kernels of this kind ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, Conv2DAttrs)
    return prepare(bound, attrs.activation, SHIFT)


def window_instructions(bound: BoundNode) -> int:
    """Instructions to expand all windows of an image, four at a time: those in the padding, or across the end of a
    row, row by row.
    """
    _, kh, kw, c = bound.input(1).shape
    _, oh, ow, _ = bound.output.shape
    _, ih, iw, _ = bound.input(0).shape
    attrs = bound.node.attrs
    assert isinstance(attrs, Conv2DAttrs)
    words, blocks = inputs_of(kh, kw * c) // 2, -(-oh * ow // 4)
    whole = 60 + 7 * words
    if kh * kw == 1:
        return blocks * whole
    (top, _, left, _), (down, right) = attrs.padding, attrs.dilation
    first = 4 * np.arange(blocks)
    y = first // ow * attrs.stride[0] - top
    x = first % ow * attrs.stride[1] - left
    inside = (first % ow + 4 <= ow) & (y >= 0) & (y + (kh - 1) * down < ih) & (x >= 0)
    inside &= (x + 3 * attrs.stride[1] + kw <= iw) & (right == 1)
    count = int(inside.sum())
    return count * (whole + 60 * kh) + (blocks - count) * (22 * words + 290 * kh)


def inputs_of(rows: int, run: int) -> int:
    """How many inputs of a window the kernel takes, `rows` runs with the zeros behind them."""
    return rows * (run // 4 * 4) + -(-(rows * (run % 4)) // 4) * 4


def scratch_bytes(bound: BoundNode) -> int:
    """Bytes of working memory; see kernels/conv_2d_dsp_s8.h."""
    _, kh, kw, c = bound.input(1).shape
    run = kw * c
    return 8 * inputs_of(kh, run) + run + -(-(kh * (run % 4)) // 4) * 16


def ordered_weights(weights: Array) -> Array:
    """Weights (N, rows, columns, inputs) as (N, K): of each row the whole fours, then what is left of all rows."""
    count, rows = weights.shape[:2]
    runs = weights.reshape(count, rows, -1)
    whole = runs.shape[2] // 4 * 4
    left = pad_to(runs[:, :, whole:].reshape(count, -1), 1, 4)
    return np.concatenate([runs[:, :, :whole].reshape(count, -1), left], 1)


def _stream(channels: Channels, numerics: Numerics, wide: bool) -> Array:
    """int32 words: for each pair of channels two starting sums, the weights, requantisation; kernels/block_dsp_s8.h."""
    words = pair_words(ordered_weights(channels.weights).astype(np.int32), wide)
    parts = (channels.pair_starts(wide), words, channels.pair_factors(numerics, wide))
    return np.concatenate(parts, 1).astype(np.int32).ravel()
