"""Weights in groups whose sums with any int8 input stay within 16 bits; see kernels/pixel_pairs.h."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array, BoundNode

GROUPS = (2, 4, 8, 16)
# 128 times this is below 2^15
_MOST = 255
# places of weights are uint16 in a table of int16
MOST_WEIGHTS = 2**15


@dataclass(frozen=True, eq=False)
class Grouped:
    """`weights` (N, count) int8, last first, with zeros in front; `extra` int16: for each channel the number of its
    entries, then place and value of each; together they are the layer's weights.
    """

    weights: Array
    extra: Array
    group: int

    @property
    def count(self) -> int:
        return int(self.weights.shape[1])

    @property
    def entries(self) -> int:
        """Entries in `extra` over all channels."""
        return (len(self.extra) - len(self.weights)) // 2


def grouped(w: Array, per_weight: float, per_group: float, per_entry: float, sizes: Sequence[int] = GROUPS) -> Grouped:
    """int8 `w` (N, K) in groups of the size that costs least, given the instructions that each part takes."""

    def spent(g: Grouped) -> float:
        return g.weights.size * (per_weight + per_group / g.group) + g.entries * per_entry

    return min((in_groups(w, group) for group in sizes), key=spent)


@lru_cache(maxsize=1)
def grouped_weights(bound: BoundNode, costs: tuple[float, float, float], sizes: Sequence[int] = GROUPS) -> Grouped:
    """`grouped` for the weights (N, …) of a node; a kernel's call and its estimate ask for the same."""
    w = bound.input(1).data
    assert w is not None
    return grouped(w.reshape(len(w), -1), *costs, sizes)


def in_groups(w: Array, group: int) -> Grouped:
    """int8 `w` (N, K) in groups of `group` weights; what exceeds a group's range, from its largest on, is extra."""
    padded = pad_to(w.astype(np.int32), 1, group)
    kept = within_range(padded.reshape(-1, group)).reshape(padded.shape)
    extra: list[int] = []
    for channel in padded - kept:
        places = np.flatnonzero(channel)
        extra.append(len(places))
        extra += np.stack([places, channel[places]], 1).ravel().tolist()
    table = np.array(extra, np.int64).astype(np.uint16).view(np.int16)
    return Grouped(np.ascontiguousarray(kept[:, ::-1]).astype(np.int8), table, group)


def within_range(blocks: Array) -> Array:
    """int32 `blocks` (B, group) with the largest weights made smaller until each block's sums stay within 16 bits."""
    blocks = blocks.copy()
    rest = np.maximum(np.abs(blocks).sum(1) - _MOST, 0)
    while rest.any():
        rows = np.flatnonzero(rest)
        largest = np.abs(blocks[rows]).argmax(1)
        value = blocks[rows, largest]
        taken = np.minimum(np.abs(value), rest[rows])
        blocks[rows, largest] -= np.sign(value) * taken
        rest[rows] -= taken
    return blocks
