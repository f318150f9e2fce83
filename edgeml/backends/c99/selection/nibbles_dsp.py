"""conv_2d and fully_connected with packed products and weights of four bits: half the flash, 1.1 to 1.3 times the
instructions."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.selection.channels import SMALLEST_SCALE, Channels
from edgeml.backends.c99.selection.conv_2d_dsp import (
    Conv2DDsp,
    inputs_of,
    ordered_weights,
    prepared,
    window_instructions,
)
from edgeml.backends.c99.selection.fully_connected_dsp import FullyConnectedDsp
from edgeml.backends.c99.selection.fully_connected_dsp import prepared as prepared_rows
from edgeml.backends.c99.selection.kernel import FEW_BITS_REFUSAL
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.weight_bits import weight_bits

# a sum that is kept 16 times as large must stay within int32
_LIMIT = 2**27
_ODD = 16
_OFFSET = 8


class Conv2DDspNibbles(Conv2DDsp):
    """Two channels in a byte; the sums of the windows make up for the offset of unsigned weights."""

    name = "conv_2d_dsp_s4"
    packs = True

    def limit(self, bound: BoundNode) -> str:
        return _refusal(bound) or _too_large(prepared(bound), bound.numerics)

    def call(self, bound: BoundNode) -> KernelCall:
        channels = prepared(bound)
        words = nibble_words(ordered_weights(channels.weights))
        parts = (_starts(channels), words, _factors(channels, bound.numerics))
        stream = Table("stream", np.concatenate(parts, 1).astype(np.int32).ravel())
        scratch = next(a for a in super().call(bound).args if isinstance(a, Scratch))
        args = (Operand(0), stream, Scratch(scratch.nbytes + 16), Result())
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0], channels.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, kh, kw, c = bound.input(1).shape
        batches, oh, ow, _ = bound.output.shape
        blocks, rest = divmod(oh * ow, 4)
        words = inputs_of(kh, kw * c) // 2
        pair = 44 + 13 * words + 3 * -(-(words - 1) // 16)
        pixel = (outputs + 1) // 2 * (45 + 8 * words)
        sums = (blocks + (rest > 0)) * (30 + 5 * words)
        return batches * (blocks * (outputs // 2 * pair) + rest * pixel + sums + window_instructions(bound))


class FullyConnectedDspNibbles(FullyConnectedDsp):
    """The same for a matrix: four channels and four inputs a turn."""

    name = "fully_connected_dsp_s4"
    packs = True

    def limit(self, bound: BoundNode) -> str:
        return _refusal(bound) or _too_large(prepared_rows(bound), bound.numerics)

    def call(self, bound: BoundNode) -> KernelCall:
        channels, params = prepared_rows(bound), self.params(bound, "input_zero_point")
        factors = _factors(channels, bound.numerics).astype(np.int32).reshape(-1, 8)
        alike = bool((factors == factors[0]).all())
        params.update(shift=channels.shift, factors_step=0 if alike else 8)
        words = nibble_words(pad_to(channels.weights, 1, 4))
        quads = len(words) // 2
        turns = words.reshape(quads, 2, -1).transpose(0, 2, 1)
        parts = (_starts(channels).reshape(quads, -1), turns.reshape(quads, -1))
        stream = Table("stream", np.concatenate(parts, 1).astype(np.int32))
        scratch = Scratch(2 * (-(-channels.weights.shape[1] // 4) * 4) + 8)
        tables = stream, Table("factors", factors[:1] if alike else factors)
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()), note=channels.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows, fours = bound.output.type.elements // outputs, -(-inputs // 4)
        quads, left = divmod(outputs, 4)
        quad = 39 + 18 * fours + 2 * -(-fours // 8)
        return rows * (100 + 14 * fours + quads * quad + (left > 0) * (80 + 30 * fours + 20 * left))


def nibble_words(weights: Array) -> Array:
    """Words (N / 2, K / 4) of weights (N, K) within ±7, K a multiple of 4: see kernels/nibbles_dsp.h."""
    unsigned = weights.astype(np.int64) + _OFFSET
    bytes_ = 16 * unsigned[1::2] + unsigned[0::2]
    words = (bytes_.reshape(len(bytes_), -1, 4) << np.array([0, 8, 16, 24])).sum(2)
    return np.asarray(words.astype(np.uint32).view(np.int32))


def _refusal(bound: BoundNode) -> str:
    return "" if weight_bits(bound) == 4 else FEW_BITS_REFUSAL


def _too_large(channels: Channels, numerics: Numerics) -> str:
    if channels.largest >= _LIMIT:
        return f"the sums reach {channels.largest:,}, the limit is {_LIMIT:,}"
    if numerics is Numerics.LITERT and channels.scale[: channels.count].min() < SMALLEST_SCALE:
        return "a scale vanishes when it is divided by 16"
    return ""


def _starts(channels: Channels) -> Array:
    """int64 (N / 2, 2): b0 and 16 * b1 + b0."""
    return np.asarray(channels.pair_starts(wide=True) @ np.array([[1, 1], [0, _ODD]]))


def _factors(channels: Channels, numerics: Numerics) -> Array:
    """int64 (N / 2, 4): requantisation where the odd sum is 16 times as large; kernels/pair_dsp_s8.h."""
    factors = channels.pair_factors(numerics, wide=True)
    proved = channels.proved_pairs
    factors[proved, 3] *= _ODD
    if numerics is Numerics.LITERT:
        scales = channels.scale.reshape(-1, 2)[~proved, 1] / np.float32(_ODD)
        factors[~proved, 3] = np.ascontiguousarray(scales).view(np.int32)
    return factors
