"""Fours of weights with their places in five bytes each, for processors without packed products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.packing import pad_to
from edgeml.backends.c99.selection.pixel_pairs import within_range
from edgeml.backends.c99.selection.sparse import chain, share_note, taken
from edgeml.ir import Array
from edgeml.ops.base import Table

SIZE = 5
# how many fours a step may pass over
_FARTHEST = 127


@dataclass(frozen=True, eq=False)
class ByteFours:
    """counts int16 (N,): the fours of each channel; data int8 (sum of counts, 5): the step to each and its weights, as
    kernels/sparse_pairs.h has them. There are `total` fours.
    """

    counts: Array
    data: Array
    total: int

    def tables(self) -> tuple[Table, Table]:
        """What the kernels read."""
        # C has no empty array
        data = self.data.ravel() if self.data.size else np.zeros(SIZE, np.int8)
        return Table("weights", data), Table("fours", self.counts)

    @property
    def note(self) -> str:
        """What a report says of the format."""
        return share_note(len(self.data), self.total)


def byte_fours(weights: Array, *, limited: bool) -> ByteFours:
    """The fours of int8 `weights` (N, K) that are not all zeros, and those that cut a too long step in two.

    `limited`: a four whose products could leave 16 bits becomes two or three at one place.
    """
    rows = len(weights)
    blocks = pad_to(weights, 1, 4).reshape(rows, -1, 4).astype(np.int32)
    counts, where, steps = chain((blocks != 0).max(2), _FARTHEST)
    rest, parts = taken(blocks.reshape(-1, 4), where), list[Array]()
    while rest.any() or not parts:
        parts.append(within_range(rest) if limited else rest)
        rest = rest - parts[-1]
    # four after four, its parts at one place
    found = np.stack(parts, 1)
    four, part = np.nonzero(found.any(2) | (np.arange(len(parts)) == 0))
    data = np.concatenate([np.where(part == 0, steps[four], -1)[:, None], found[four, part]], 1).astype(np.int8)
    counts = np.bincount(np.repeat(np.arange(rows), counts)[four], minlength=rows)
    return ByteFours(counts.astype(np.int16), data, blocks.shape[0] * blocks.shape[1])
