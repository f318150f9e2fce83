"""The channels of a convolution or fully connected node, prepared for kernels with packed products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.packing import PAIR_LIMIT, folded_bias, halves_fit, pad_to
from edgeml.backends.c99.selection.requantization import proof
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.common import Activation, fused_range_s8
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import integer_form, rule

# what an integer form may add to a bias
MAX_OFFSET = 255
_MAX_ADDEND = 2**21
# a float scale must stay normal when it is divided by 256
SMALLEST_SCALE = 2.0**-118


@dataclass(frozen=True, eq=False)
class Channels:
    """N channels, a multiple of 1, 2 or 4: the last ones may be zeros.

    weights int8 (N, …), start int64 (N,): bias less input zero point times sum of weights. `below` … `above`, int64:
    the sums. scale is that of `ops.requantize.multiplier`. multiplier (0: no proved form), addend and offset: see
    `IntegerForm`; `start` does not hold the offset. A kernel takes 1, 2 or 4 channels `together`. `count` of the
    channels are the node's.
    """

    weights: Array
    start: Array
    below: Array
    above: Array
    scale: Array
    multiplier: Array
    addend: Array
    offset: Array
    shift: int
    together: int
    count: int

    @property
    def largest(self) -> int:
        """Bound on |sum|, with whatever an integer form may add."""
        return int(max(np.abs(self.below).max(), np.abs(self.above).max())) + MAX_OFFSET

    @property
    def proved_pairs(self) -> Array:
        """bool (N / 2,): both channels, and all that are taken together with them, have an integer form."""
        return np.asarray((self.multiplier.reshape(-1, self.together) != 0).all(1).repeat(self.together // 2))

    @property
    def note(self) -> str:
        """What a report says of the requantisation."""
        proved = self.multiplier != 0 if self.together == 1 else self.proved_pairs.repeat(2)
        return proof(proved[: self.count])

    def narrow_refusal(self, numerics: Numerics) -> str:
        """Why two channels do not fit into one product, or the empty string."""
        if not halves_fit(self.weights):
            return "a weight of -128 leaves 16 bits"
        if self.largest >= PAIR_LIMIT:
            return f"the sums reach {self.largest:,}, the limit is {PAIR_LIMIT:,}"
        if numerics is Numerics.LITERT and self.scale[: self.count].min() < SMALLEST_SCALE:
            return "a scale vanishes when it is divided by 256"
        return ""

    @property
    def starts(self) -> Array:
        """int64 (N,): the sums from which single channels start."""
        return np.asarray(self.start + np.where(self.multiplier != 0, self.offset, 0))

    def pair_starts(self, wide: bool) -> Array:
        """int64 (N / 2, 2): the sums from which a pair starts, b0 and 256 * b1 + b0, or b0 and b1 if `wide`."""
        start = (self.start + np.where(self.proved_pairs.repeat(2), self.offset, 0)).reshape(-1, 2)
        return start if wide else start @ np.array([[1, 1], [0, 256]])

    def pair_factors(self, numerics: Numerics, wide: bool) -> Array:
        """int64 (N / 2, 4): requantisation, see kernels/pair_dsp_s8.h."""
        more = 1 if wide else 256
        integer = np.stack([self.multiplier, self.addend], 1).reshape(-1, 4) * np.array([1, 1, 1, more])
        scales = np.zeros((len(self.scale) // 2, 4), np.int64)
        if numerics is Numerics.LITERT:
            pairs = self.scale.reshape(-1, 2) / np.array([1, more], np.float32)
            scales[:, 2:] = np.ascontiguousarray(pairs).view(np.int32)
        else:
            multiplier, shift = self.scale.astype(np.int64).reshape(-1, 2, 2).transpose(2, 0, 1)
            scales[:, 1] = (shift[:, 1] << 16) + (shift[:, 0] & 0xFFFF)
            scales[:, 2:] = multiplier
        return np.where(self.proved_pairs[:, None], integer, scales)


def pair_words(weights: Array, wide: bool) -> Array:
    """Words (N / 2, K / 2) of int8 weights (N, K), K a multiple of 4: of four k the first and third, then the others.

    A half holds 256 * w[odd channel] + w[even channel], or, if `wide`, one in each byte.
    """
    even, odd = weights[0::2].astype(np.int32), weights[1::2].astype(np.int32)
    halves = (odd << 8) | (even & 0xFF) if wide else 256 * odd + even
    fours = halves.reshape(len(halves), -1, 2, 2)  # pair of channels, four, (01)(23), low/high
    words = (fours[:, :, 0] & 0xFFFF) | (fours[:, :, 1] << 16)
    return np.asarray(words.reshape(len(halves), -1))


def prepare(bound: BoundNode, activation: Activation, shift: int | None = None, together: int = 2) -> Channels:
    """The channels of a node with weights (N, …), for a kernel that takes `together` of them.

    `shift` is that of integer forms: channels with a larger scale have none. By default it is that of the largest.
    A channel with one result only, whatever the input is (a dead one, whose bias may be huge), becomes a bias.
    """
    w, zero_point = bound.input(1).data, bound.output.type.zero_point
    low, high = fused_range_s8(bound, activation)
    assert w is not None
    axes = tuple(range(1, w.ndim))
    (below, above), scale, start = sum_range(bound, axes), conv_scales(bound), folded_bias(bound, axes)
    start = start.astype(np.int64)
    fits = (below >= -(2**31)) & (above < 2**31)
    ends = np.clip(np.stack([below, above], 1), -(2**31), 2**31 - 1)
    results = rule(ends, scale, zero_point, low, high)
    settled = fits & (results[:, 0] == results[:, 1])
    if len(np.unique(scale, axis=0)) == 1 and _within(below, above, PAIR_LIMIT - MAX_OFFSET):
        # one form for all takes less flash than one for each
        settled[:] = False
        below, above = np.full_like(below, below.min()), np.full_like(above, above.max())
    level = results[:, 0] - zero_point
    one = np.array([1 << 30, 1], np.int32) if bound.numerics is Numerics.TFLM else np.float32(1)
    weights, scale = w.copy(), scale.copy()
    weights[settled], start[settled], scale[settled] = 0, level[settled], one
    below, above = (np.where(settled, level, end) for end in (below, above))
    multiplier, addend, offset = (np.zeros(len(w), np.int64) for _ in range(3))
    rest = ~settled
    if rest.any():
        form = integer_form(scale[rest], zero_point, low, high, below[rest], above[rest], shift)
        multiplier[rest], addend[rest], offset[rest], shift = form.multiplier, form.addend, form.offset, form.shift
    # 256 times an addend must fit, where a kernel takes the sum 256 times as large
    multiplier[np.abs(addend) >= _MAX_ADDEND] = 0
    shift = shift or 0
    # level * 1 >> 32 is -1 below 0
    multiplier[settled], addend[settled] = 1, (results[settled, 0] << shift) + (level[settled] < 0)
    start, below, above = (pad_to(a, 0, together) for a in (start, below, above))
    more = -len(w) % together
    scale, multiplier, addend, offset = (
        np.concatenate([a, a[-1:].repeat(more, 0)]) for a in (scale, multiplier, addend, offset)
    )
    weights = pad_to(weights, 0, together)
    return Channels(weights, start, below, above, scale, multiplier, addend, offset, shift, together, len(w))


def _within(below: Array, above: Array, limit: int) -> bool:
    return bool((-limit < below).all() and (above < limit).all())
