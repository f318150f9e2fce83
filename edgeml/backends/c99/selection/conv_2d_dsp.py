"""conv_2d with packed products: blocks of four pixels, two channels in one 16-bit half."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import (
    PAIR_LIMIT,
    channel_pairs,
    folded_bias,
    halves_fit,
    largest_sum,
    pad_to,
    paired_bias,
)
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table, is_int8
from edgeml.ops.convolution import conv_scales, weight_zero_point

_AXES = (1, 2, 3)
# a float scale must stay normal when it is divided by 256
_SMALLEST_SCALE = 2.0**-118


class Conv2DDsp(Kernel):
    """Any convolution whose sums stay below 2^23."""

    name = "conv_2d_dsp_s8"
    op = "conv_2d"
    needs = frozenset({"dsp"})
    wide = False

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        w = bound.input(1).data
        if not is_int8(bound) or w is None:
            return "int8 only"
        if weight_zero_point(bound):
            return "the weights have a zero point"
        if self.wide:
            return ""
        if not halves_fit(w):
            return "a weight of -128 leaves 16 bits"
        if (largest := largest_sum(bound, _AXES)) >= PAIR_LIMIT:
            return f"the sums reach {largest:,}, the limit is {PAIR_LIMIT:,}"
        if bound.numerics is Numerics.LITERT and conv_scales(bound).min() < _SMALLEST_SCALE:
            return "a scale vanishes when it is divided by 256"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        plain = OPS["conv_2d"].kernel(bound)
        params = {name: value for name, value in plain.params.items() if name != "weight_zero_point"}
        stream = Table("stream", _stream(bound, self.wide))
        scratch = Scratch(_scratch(bound))
        return KernelCall(self.name, params, (Operand(0), stream, scratch, Result()), plain.repeat)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, kh, kw, c = bound.input(1).shape
        batches, oh, ow, _ = bound.output.shape
        blocks, rest = divmod(oh * ow, 4)
        words = -(-(kh * kw * c) // 4) * 2
        per_word = 13 if self.wide else 12
        pair = 60 + (per_word * words) + 3 * -(-(words - 1) // 8)
        pixel = (outputs + 1) // 2 * (40 + 6 * words)
        windows = 60 + 7 * words + (120 * kh if kh * kw > 1 else 0)
        return batches * (blocks * (outputs // 2 * pair + windows) + rest * pixel + windows)


class Conv2DDspWide(Conv2DDsp):
    """Any convolution with symmetric weights."""

    name = "conv_2d_dsp_wide_s8"
    wide = True


def _scratch(bound: BoundNode) -> int:
    """Bytes of working memory; see kernels/conv_2d_dsp_s8.h."""
    _, kh, kw, c = bound.input(1).shape
    inputs = -(-(kh * kw * c) // 4) * 4
    return 8 * inputs + 4 * (kw * c if kw * c % 4 == 0 else inputs)


def _stream(bound: BoundNode, wide: bool) -> Array:
    """int32 words: for each pair of channels two starting sums, the weights, two scales; see kernels/block_dsp_s8.h."""
    w = bound.input(1).data
    assert w is not None
    even, odd = (pad_to(a.reshape(len(a), -1), 1, 4).astype(np.int32) for a in channel_pairs(w))
    halves = (odd << 8) | (even & 0xFF) if wide else 256 * odd + even
    fours = halves.reshape(len(halves), -1, 2, 2)  # pair of channels, four, (01)(23), low/high
    words = (fours[:, :, 0] & 0xFFFF) | (fours[:, :, 1] << 16)
    bias = pad_to(folded_bias(bound, _AXES), 0, 2)
    start = bias if wide else paired_bias(bias)
    scale = pad_to(conv_scales(bound), 0, 2)
    scale = scale.reshape(len(halves), 2, -1)
    if bound.numerics is Numerics.LITERT and not wide:
        scale = scale / np.array([[1], [256]], np.float32)
    parts = (start.reshape(-1, 2), words.reshape(len(halves), -1), scale.reshape(len(halves), -1).view(np.int32))
    return np.ascontiguousarray(np.concatenate(parts, 1)).astype(np.int32).ravel()
