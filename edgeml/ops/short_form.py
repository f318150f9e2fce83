"""Requantisation by three 32-bit products, for processors without a 32x32->64 multiplication; proved in the same way.

The sum is split into its low `SPLIT` bits and the rest, the multiplier into its low `REST` bits and the others; the
smallest of the four products is left out. What remains still rises with the sum, which is all that the proof needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array
from edgeml.ops.base import Table
from edgeml.ops.integer_form import (
    ALL,
    SOME,
    STEPS,
    Thresholds,
    firsts,
    monotone,
    real_scale,
    tables,
    thresholds,
    trials,
)

SPLIT, REST = 11, 10
_MAX_SHIFT = 17
_FAR = 2**62


@dataclass(frozen=True, eq=False)
class ShortForm:
    """`clamp((base(acc) + addend) >> shift)` for each of N channels; int32 (N,). A multiplier of 0: no exact form."""

    multiplier: Array
    addend: Array
    shift: Array

    @property
    def proved(self) -> Array:
        """bool (N,): the channels whose form was proved."""
        return np.asarray(self.multiplier != 0)

    def tables(self, scale: Array) -> tuple[Table, Table]:
        """`edgeml_rescale` (N) with 32 * addend + shift, and the scales of those channels that have no form."""
        return tables(self.multiplier, 32 * self.addend.astype(np.int64) + self.shift, scale)

    def apply(self, acc: Array, low: int = -128, high: int = 127) -> Array:
        """The C code's result, int64 (…, N), for int64 `acc` (…, N)."""
        return np.asarray(
            np.clip((_base(acc, self.multiplier.astype(np.int64)) + self.addend) >> self.shift, low, high)
        )


def short_form(
    scale: Array, zero_point: int, low: int, high: int, below: Array, above: Array, known: Thresholds | None = None
) -> ShortForm:
    """The form of N channels whose sums lie in `below` … `above`, int64 (N,); arguments as for `integer_form`."""
    real = real_scale(scale)
    values, least = known or thresholds(scale, zero_point, low, high, below, above)
    reached, missed = least <= above[:, None], least > below[:, None]
    largest = np.maximum(np.maximum(above, -below), 1)
    # the upper part of the multiplier: its product with the low bits must fit in 32 bits, that with the rest in 31
    bits = np.minimum(32 - SPLIT, 30 - np.maximum(0, np.ceil(np.log2(largest + 1.0)).astype(int) - SPLIT))
    shift = np.clip(np.floor(bits - np.log2(real) - 1e-9).astype(int) - SPLIT, 0, _MAX_SHIFT)
    middle = np.rint(real * 2.0 ** (shift + SPLIT + REST)).astype(np.int64)
    limit = np.int64(1) << (bits + REST)
    aim = values << shift[:, None]
    multiplier, addend = np.zeros(real.shape, np.int64), np.zeros(real.shape, np.int64)
    fits = (largest < 2**31) & monotone(scale, below, above)
    for trial, at in trials(middle, STEPS, lambda: np.flatnonzero(fits & (multiplier == 0))):
        for some in (SOME, ALL):
            sums, factor, place = least[at, some], trial[:, None], (at, some)
            most = np.where(reached[place], aim[place] - _base(sums, factor), -_FAR).max(1, initial=-_FAR)
            less = np.where(missed[place], aim[place] - _base(sums - 1, factor), _FAR).min(1, initial=_FAR)
            if some is SOME:
                # most multipliers miss some of a few thresholds
                trial, at = trial[most < less], at[most < less]
        constant = np.where(most > -_FAR, most, np.where(less < _FAR, less - 1, 0))
        good = (constant < less) & (constant >= most) & (trial > 0) & (trial < limit[at]) & (np.abs(constant) < 2**26)
        found = firsts(at, good)
        multiplier[at[found]], addend[at[found]] = trial[found], constant[found]
    return ShortForm(multiplier.astype(np.int32), addend.astype(np.int32), shift.astype(np.int32))


def _base(acc: Array, multiplier: Array) -> Array:
    low, rest = acc & ((1 << SPLIT) - 1), acc >> SPLIT
    upper = multiplier >> REST
    return np.asarray(rest * upper + (low * upper >> SPLIT) + (rest * (multiplier & ((1 << REST) - 1)) >> REST))
