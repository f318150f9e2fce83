"""Weights of which many are zeros: fours of neighbouring inputs, kept where they are not all zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array
from edgeml.ops.base import Table

# fours in a turn of the kernels' loops, see kernels/sparse_turns.h
TURN = 8
# how many fours a step may pass over
FARTHEST = 255


@dataclass(frozen=True, eq=False)
class Fours:
    """The fours of weights (N, K) that are kept, channel by channel.

    counts int (N,): how many; words int32 (sum of counts,): four int8 each, the first in the low byte; steps uint8,
    likewise: how many fours lie between it and the one before it, or the channel's begin. There are `total` fours.
    """

    counts: Array
    words: Array
    steps: Array
    total: int

    def channels(self) -> list[Array]:
        """The words of each channel."""
        return np.split(self.words, np.cumsum(self.counts)[:-1])

    @property
    def turns(self) -> Array:
        """int (N,): 65536 * (turns of a loop over TURN fours - 1) + fours that the first turn leaves out."""
        return loop_turns(self.counts)

    def tables(self, starts: Array, forms: Array) -> tuple[Table, Table]:
        """The records of kernels/sparse_turns.h, for starting sums (N,) and integer forms (N, 2); and the steps."""
        heads = np.stack([self.turns, starts], 1)
        words = [part for rows in zip(heads, self.channels(), forms, strict=True) for part in rows]
        # C has no empty array
        steps = self.steps if len(self.steps) else np.zeros(1, np.uint8)
        return Table("stream", np.concatenate(words).astype(np.int32)), Table("steps", steps)

    @property
    def note(self) -> str:
        """What a report says of the format."""
        return share_note(len(self.words), self.total)


def loop_turns(counts: Array) -> Array:
    """65536 * (turns of a loop over TURN - 1) + how many the first turn leaves out, for each of `counts`."""
    turns = np.maximum(-(-counts // TURN), 1)
    return np.asarray(((turns - 1) << 16) + turns * TURN - counts)


def chain(kept: Array, farthest: int) -> tuple[Array, Array, Array]:
    """The places of bool `kept` (N, B) row by row, as steps of at most `farthest` from behind the place before.

    Returns how many there are in each row, int (N,); where in kept.ravel() each lies, or -1 where it only cuts a step
    that is too long; and the steps, int.
    """
    rows, places = np.nonzero(kept)
    before = np.where(np.diff(rows, prepend=-1) > 0, -1, np.concatenate([[-1], places[:-1]]))
    steps = places - before - 1
    cuts = np.maximum(-((farthest - steps) // (farthest + 1)), 0)
    owner = np.repeat(np.arange(len(rows)), cuts + 1)
    last = np.diff(owner, append=len(rows)) > 0
    where = np.where(last, rows[owner] * kept.shape[1] + places[owner], -1)
    steps = np.where(last, (steps - cuts * (farthest + 1))[owner], farthest)
    return np.bincount(rows[owner], minlength=len(kept)), where, steps


def taken(values: Array, where: Array) -> Array:
    """The rows of `values` at the places that `chain` returns, zeros for cuts."""
    mask = (where >= 0).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(np.where(mask, values[where], 0))


def fours(weights: Array) -> Fours:
    """The fours of int8 `weights` (N, K) that are not all zeros, and those that cut a too long step in two."""
    blocks = pad_to(weights, 1, 4).reshape(len(weights), -1, 4)
    counts, where, steps = chain((blocks != 0).max(2), FARTHEST)
    bytes_ = np.ascontiguousarray(taken(blocks.reshape(-1, 4), where)).astype(np.int8)
    words = bytes_.view("<i4").ravel().astype(np.int32)
    return Fours(counts, words, steps.astype(np.uint8), blocks.shape[0] * blocks.shape[1])


def share_note(kept: int, total: int) -> str:
    """How many fours of weights are kept, and what they and their places take, in a few words."""
    return f"sparse, {kept / max(total, 1):.0%} of the fours of weights in {5 * kept:,} B"
