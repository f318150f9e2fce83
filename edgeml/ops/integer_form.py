"""Requantisation as one multiplication of integers, proved equal to the numerics' rule channel by channel.

Both rules of ops/requantize.py rise with the accumulator and have at most 256 results, so that at most 255 thresholds
describe a channel: the least accumulator of each result. An integer form rises too; it equals the rule everywhere if it
reaches every result at the threshold and not one earlier. `integer_form` searches such a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array
from edgeml.ops.base import Table
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier

_LOW, _HIGH = -128, 127
# Differences to scale * 2^(32 + shift) at which a multiplier is tried: close ones first, then wider apart
STEPS = (
    0,
    *(s * n for n in (*range(1, 9), *(b << i for i in range(3, 14) for b in (1, 3) if b << i > 8)) for s in (1, -1)),
)
# Rounds of the search: how many of the steps, and how far an offset may be from 0. Most channels take the first.
_ROUNDS = ((3, 0), (len(STEPS), 0), (9, 255), (len(STEPS), 63))
# steps that are tried one by one, and channels that try all others at once
_FIRST, _AT_ONCE = 3, 64
_MAX_OFFSET = 255
_MAX_SHIFT = 12
_FAR = 2**62
# thresholds that are looked at: a few first, then all
SOME, ALL = slice(None, None, 12), slice(None)

# the results, (V,), and the least sum of each, (N, V)
Thresholds = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class IntegerForm:
    """`clamp((((acc + offset) * multiplier >> 32) + addend) >> shift)` for each of N channels; int32 (N,).

    `acc` is the sum with the bias, so that `offset` belongs into the bias. The clamp is that of the activation's range.
    A multiplier of 0 says that the channel has no exact form.
    """

    multiplier: Array
    addend: Array
    offset: Array
    shift: int

    @property
    def proved(self) -> Array:
        """bool (N,): the channels whose form was proved."""
        return np.asarray(self.multiplier != 0)

    def tables(self, scale: Array) -> tuple[Table, Table]:
        """`edgeml_rescale` (N) of kernels/rescale.h, and the scales of those channels of `scale` that have no form.

        An empty list of scales becomes the first one: C has no empty array.
        """
        return tables(self.multiplier, self.addend, scale)

    def apply(self, acc: Array, low: int = _LOW, high: int = _HIGH) -> Array:
        """The C code's result, int64 (…, N), for int64 `acc` (…, N) without the offset."""
        product = (acc + self.offset.astype(np.int64)) * self.multiplier
        return np.asarray(np.clip(((product >> 32) + self.addend) >> self.shift, low, high))


def integer_form(
    scale: Array,
    zero_point: int,
    low: int,
    high: int,
    below: Array,
    above: Array,
    shift: int | None = None,
    known: Thresholds | None = None,
) -> IntegerForm:
    """The form of N channels whose sums lie in `below` … `above`, int64 (N,).

    `scale` is that of `ops.requantize.multiplier`: float32 (N,) or int32 (N, 2). `low` and `high` are the activation's
    range. `shift` is the kernel's, by default the largest with which all multipliers fit. Channels whose sums may leave
    int32, or whose multiplier does not fit, have no form. `known` are the `thresholds`, where the caller has them.
    """
    real = real_scale(scale)
    values, least = known or thresholds(scale, zero_point, low, high, below, above)
    shift = common_shift(scale) if shift is None else shift
    search = _Search(values, least, below, above, 32 + shift)
    middle = np.rint(real * 2.0 ** (32 + shift)).astype(np.int64)
    shape = real.shape
    multiplier, addend, offset = (np.zeros(shape, np.int64) for _ in range(3))
    hopeless = np.zeros(shape, bool)
    for steps, offsets in _ROUNDS:
        todo = np.flatnonzero((multiplier == 0) & ~hopeless)
        if todo.size:
            multiplier[todo], addend[todo], offset[todo], open_ = search.best(middle[todo], todo, steps, offsets)
            # an offset helps only where there is a constant
            hopeless[todo] = ~open_ & (steps == len(STEPS))
    safe = (above + _MAX_OFFSET < 2**31) & (below - _MAX_OFFSET >= -(2**31)) & monotone(scale, below, above)
    # the reach of the shifted result: the product's upper half and the addend stay within int32
    safe &= np.abs(addend) < 2**30
    multiplier[~safe] = addend[~safe] = offset[~safe] = 0
    return IntegerForm(multiplier.astype(np.int32), addend.astype(np.int32), offset.astype(np.int32), shift)


def trials(middle: Array, steps: Sequence[int], todo: Callable[[], Array]) -> Iterator[tuple[Array, Array]]:
    """Multipliers `middle + step` that are tried together, and their channels, (T,) each, of those that are `todo`.

    Trials of a channel lie together, in the order of the steps. Most channels take one of the first steps; those that
    do not try many.
    """
    for part in (*((step,) for step in steps[:_FIRST]), steps[_FIRST:]):
        left = todo()
        for some in (left[i : i + _AT_ONCE] for i in range(0, len(left), _AT_ONCE)):
            yield (middle[some, None] + np.array(part, np.int64)).ravel(), some.repeat(len(part))


def firsts(channels: Array, fits: Array) -> Array:
    """The first trial of each channel, of those that fit."""
    found = np.flatnonzero(fits)
    return np.asarray(found[np.unique(channels[found], return_index=True)[1]])


def common_shift(scale: Array) -> int:
    """The largest shift with which the multipliers of all channels fit."""
    largest = real_scale(scale).max()
    return int(np.clip(np.floor(-np.log2(largest)) - 1, 0, _MAX_SHIFT)) if largest < 0.5 else 0


def tables(multiplier: Array, addend: Array, scale: Array) -> tuple[Table, Table]:
    """Records of two words for channels with a multiplier, and a list of scales, to which the others' addends point."""
    failed = multiplier == 0
    forms = np.stack([multiplier, np.where(failed, np.cumsum(failed) - 1, addend)], axis=1).astype(np.int32)
    rest = scale[failed] if failed.any() else scale[:1]
    return Table("rescale", forms, "edgeml_rescale"), Table("scale", rest.copy(), "edgeml_scale")


def real_scale(scale: Array) -> Array:
    """The factor of each channel as float64 (N,)."""
    if scale.dtype == np.int32:
        return np.asarray(scale[:, 0].astype(np.float64) * 2.0 ** (scale[:, 1] - 31.0))
    return np.asarray(scale, np.float64)


def thresholds(scale: Array, zero_point: int, low: int, high: int, below: Array, above: Array) -> Thresholds:
    """The results low + 1 … high, (V,), and the least sum that gives each or more, int64 (N, V).

    `below` where all sums do, `above + 1` where none does. By bisection, near the quotient that the scale suggests.
    """
    values = np.arange(low + 1, high + 1, dtype=np.int64)
    least, most = below[:, None], above[:, None] + 1
    quotient = (values - zero_point - 0.5) / real_scale(scale)[:, None]
    # both rules' roundings move a threshold by less than this
    reach = np.abs(quotient) * 2.0**-22 + 4
    ends = [np.clip(e, least, most).astype(np.int64) for e in (np.floor(quotient - reach), np.ceil(quotient + reach))]
    found = _bisect(ends[0], ends[1], values, scale, zero_point, low, high)
    here = rule(found, scale, zero_point, low, high) >= values
    before = rule(found - 1, scale, zero_point, low, high) >= values
    if not (((found == most) | here) & ((found == least) | ~before)).all():
        full = [np.broadcast_to(e, found.shape) for e in (least, most)]
        found = _bisect(full[0], full[1], values, scale, zero_point, low, high)
    return values, found


def _bisect(first: Array, last: Array, values: Array, scale: Array, zero_point: int, low: int, high: int) -> Array:
    """The least sum in `first` … `last`, (N, V), with a result of at least `values`; `last` where none is before it."""
    for _ in range(int((last - first).max(initial=0)).bit_length()):
        middle = (first + last) >> 1
        reached, open_ = rule(middle, scale, zero_point, low, high) >= values, first < last
        last, first = np.where(reached & open_, middle, last), np.where(~reached & open_, middle + 1, first)
    return first


def rule(acc: Array, scale: Array, zero_point: int, low: int, high: int) -> Array:
    """`ops.requantize.requantize` of int64 sums (N, …) that fit in int32, as int64."""
    if scale.dtype == np.int32:
        steps = multiply_by_quantized_multiplier(acc, scale.reshape(len(scale), *(1,) * (acc.ndim - 1), 2))
        return np.asarray(np.clip(steps + zero_point, low, high))
    real = acc.astype(np.float32) * scale.reshape(-1, *(1,) * (acc.ndim - 1))
    real = np.clip(real, np.float32(low - zero_point), np.float32(high - zero_point))
    return np.asarray(np.rint(real).astype(np.int64) + zero_point)


def monotone(scale: Array, below: Array, above: Array) -> Array:
    """Whether the rule rises: the tflm rule shifts left in 32 bits first, and does as long as no bit is lost."""
    if scale.dtype != np.int32:
        return np.ones(len(scale), bool)
    left = np.maximum(scale[:, 1], 0).astype(np.int64)
    return np.asarray(np.maximum(-below, above + 1) < (np.int64(1) << (31 - left)))


@dataclass(frozen=True, eq=False)
class _Search:
    """Thresholds of all channels, and how far the product is shifted to the right."""

    values: Array
    least: Array
    below: Array
    above: Array
    shift: int

    def best(self, middle: Array, channels: Array, steps: int, offsets: int) -> tuple[Array, Array, Array, Array]:
        """Multiplier (0: none found), addend and offset for `channels`, with multipliers near `middle`.

        And whether there was any constant, whatever it is made of.
        """
        multiplier, addend, offset = (np.zeros(len(channels), np.int64) for _ in range(3))
        open_ = np.zeros(len(channels), bool)
        extra = np.array(sorted(range(-offsets, offsets + 1), key=abs), np.int64)
        for trial, at in trials(middle, STEPS[:steps], lambda: np.flatnonzero(multiplier == 0)):
            low, high = self._constants(trial, channels[at], SOME)
            # most multipliers miss some of a few thresholds
            trial, at = trial[low < high], at[low < high]
            low, high = self._constants(trial, channels[at])
            trial, at, low, high = (a[low < high] for a in (trial, at, low, high))
            open_[at] = True
            # a constant c with low <= c < high, c = offset * multiplier + addend * 2^32
            shifted = extra * trial[:, None]
            whole = -((shifted - low[:, None]) >> 32)
            fits = ((whole << 32) + shifted < high[:, None]) & ((trial > 0) & (trial < 2**31))[:, None]
            found = firsts(at, np.asarray(fits.any(1)))
            which = fits[found].argmax(1)
            multiplier[at[found]] = trial[found]
            addend[at[found]] = whole[found, which]
            offset[at[found]] = extra[which]
        return multiplier, addend, offset, open_

    def _constants(self, multiplier: Array, channels: Array, some: slice = ALL) -> tuple[Array, Array]:
        """Bounds of the constants c for which `(acc * multiplier + c) >> shift` has the thresholds: low <= c < high."""
        least, aim = self.least[channels, some], self.values[some] << self.shift
        reached, missed = least <= self.above[channels, None], least > self.below[channels, None]
        # without a threshold on one side any constant near the other one does
        short = aim - multiplier[:, None] * least
        low = np.where(reached, short, -_FAR).max(1, initial=-_FAR)
        high = np.where(missed, short + multiplier[:, None], _FAR).min(1, initial=_FAR)
        free = np.int64(1) << (self.shift + 1)
        low = np.where(high < _FAR, np.maximum(low, high - free), np.maximum(low, 0))
        return low, np.minimum(high, low + free)
