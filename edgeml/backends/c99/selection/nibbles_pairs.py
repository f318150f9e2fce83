"""conv_2d with two pixels in one multiplication and weights of four bits, for processors without packed arithmetic.

Sixteen such weights never leave 16 bits, so that no group has extra entries.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.backends.c99.selection.conv_2d_pairs import Conv2DPairs, Conv2DShortPairs
from edgeml.backends.c99.selection.kernel import FEW_BITS_REFUSAL
from edgeml.backends.c99.selection.pixel_pairs import Grouped, grouped_weights
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Table
from edgeml.ops.weight_bits import weight_bits

_IN_WORD = 8
_GROUPS = (8, 16)


class Conv2DPairsNibbles(Conv2DPairs):
    """Eight weights in a word, taken from it one after the other."""

    name = "conv_2d_pairs_s4"
    packs = True
    costs = (3.7, 11, 14, 70)

    def limit(self, bound: BoundNode) -> str:
        return super().limit(bound) if weight_bits(bound) == 4 else FEW_BITS_REFUSAL

    def call(self, bound: BoundNode) -> KernelCall:
        return in_words(super().call(bound), self._groups(bound))

    def _groups(self, bound: BoundNode) -> Grouped:
        return grouped_weights(bound, self.costs[:3], _GROUPS)


class Conv2DShortPairsNibbles(Conv2DShortPairs):
    """The same without a 32x32->64 multiplication."""

    name = "conv_2d_short_pairs_s4"
    packs = True

    def limit(self, bound: BoundNode) -> str:
        return super().limit(bound) if weight_bits(bound) == 4 else FEW_BITS_REFUSAL

    def call(self, bound: BoundNode) -> KernelCall:
        return in_words(super().call(bound), self._groups(bound))

    def _groups(self, bound: BoundNode) -> Grouped:
        return grouped_weights(bound, self.costs[:3], _GROUPS)


def in_words(call: KernelCall, groups: Grouped) -> KernelCall:
    """The call of a kernel with pixel pairs, with its weights in words of eight."""
    words = Table("weights", nibble_words(groups.weights[:, ::-1]))
    args = tuple(words if isinstance(a, Table) and a.name == "weights" else a for a in call.args)
    return replace(call, params={**call.params, "count": groups.count // _IN_WORD}, args=args)


def nibble_words(weights: Array) -> Array:
    """int32 (N, K / 8) of weights (N, K) within ±7, the first of each eight in the highest bits."""
    nibbles = (weights.astype(np.int64) & 15).reshape(len(weights), -1, _IN_WORD)
    words = (nibbles << np.arange(4 * _IN_WORD - 4, -1, -4)).sum(2)
    return np.asarray(words.astype(np.uint32).view(np.int32))
