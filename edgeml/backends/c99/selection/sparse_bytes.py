"""Fours of weights with their places in five bytes each, for processors without packed products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.packing import pad_to
from edgeml.backends.c99.selection.pixel_pairs import within_range
from edgeml.backends.c99.selection.sparse import share_note
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
    blocks = pad_to(weights, 1, 4).reshape(len(weights), -1, 4).astype(np.int32)
    counts, rows = [], []
    for channel in blocks:
        count, at = 0, 0
        for place in np.flatnonzero(channel.any(1)).tolist():
            while place - at > _FARTHEST:
                rows.append([_FARTHEST, 0, 0, 0, 0])
                at += _FARTHEST + 1
                count += 1
            for part in _parts(channel[place]) if limited else [channel[place]]:
                rows.append([place - at, *part.tolist()])
                at = place + 1
                count += 1
        counts.append(count)
    data = np.array(rows, np.int8).reshape(-1, SIZE)
    return ByteFours(np.array(counts, np.int16), data, blocks.shape[0] * blocks.shape[1])


def _parts(four: Array) -> list[Array]:
    """A four as the sum of fours whose products with any inputs stay within 16 bits."""
    parts = []
    while four.any():
        part = within_range(four[None])[0]
        parts.append(part)
        four = four - part
    return parts
