"""An order of the nodes in which little lives at one time.

A step takes what lives before it, its outputs and its scratch, less what an output may share with an input that dies.
What lives depends only on the set of nodes that are done, so that for each such set the best way to it is enough: the
search goes from sets of n nodes to sets of n + 1 and is exact as long as no level holds more sets than the beam.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeml.backends.c99.accesses import SCRATCH, Overlap

BEAM = 128


@dataclass(frozen=True)
class Step:
    """A node: the memory (by number) that it reads and writes, and the bytes of its scratch."""

    reads: frozenset[int]
    writes: tuple[int, ...]
    scratch: int
    # (memory read, memory written or SCRATCH) -> the most that the second may start past the first
    overlaps: Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Schedule:
    """Positions of the steps in their new order, and the largest sum of bytes of any step."""

    order: tuple[int, ...]
    peak: int


class Ordering:
    """The steps of a graph, `sizes` of their memories in bytes, those that exist at the `start` and those `kept`."""

    def __init__(self, steps: Sequence[Step], sizes: Sequence[int], start: Sequence[int], kept: Sequence[int]) -> None:
        self._steps, self._sizes = steps, sizes
        self._start = sum(sizes[m] for m in set(start))
        readers: list[int] = [0] * len(sizes)
        writers: list[int] = [0] * len(sizes)
        for i, step in enumerate(steps):
            for m in step.reads:
                readers[m] |= 1 << i
            for m in step.writes:
                writers[m] |= 1 << i
        self._readers = readers
        self._kept = frozenset(kept)
        # a step waits for those before it that write what it reads: its tensors and, of views, the views they are of
        self._needs = []
        for i, step in enumerate(steps):
            before = 0
            for m in step.reads:
                before |= writers[m]
            self._needs.append(before & ((1 << i) - 1))

    def peak(self, order: Sequence[int]) -> int:
        """The largest sum of bytes of any step in this order."""
        done, live, peak = 0, self._start, self._start
        for i in order:
            need, live = self._cost(i, done, live)
            done |= 1 << i
            peak = max(peak, need)
        return peak

    def before(self, order: Sequence[int]) -> dict[int, tuple[int, int]]:
        """For each step of an order the steps that are done before it, as a set of bits, and the bytes that live."""
        done, live = 0, self._start
        found = {}
        for i in order:
            found[i] = (done, live)
            live = self._cost(i, done, live)[1]
            done |= 1 << i
        return found

    def needs(self, i: int, step: Step, done: int, live: int) -> int:
        """Bytes that step `i` takes with the scratch and the overlaps of `step`, where `live` bytes live before it."""
        return self._cost(i, done, live, step)[0]

    def best(self, beam: int = BEAM) -> Schedule:
        """The order with the smallest peak that the beam finds; of equals, the one nearest to the given order."""
        every = (1 << len(self._steps)) - 1
        # set of steps -> (peak, live bytes, order)
        level: dict[int, tuple[int, int, tuple[int, ...]]] = {0: (self._start, self._start, ())}
        while every not in level:
            following: dict[int, tuple[int, int, tuple[int, ...]]] = {}
            for done, (peak, live, order) in level.items():
                for i in self._worth_trying(done, peak, live):
                    need, after = self._cost(i, done, live)
                    found = (max(peak, need), after, (*order, i))
                    key = done | 1 << i
                    if key not in following or found < following[key]:
                        following[key] = found
            level = dict(sorted(following.items(), key=lambda item: item[1])[:beam])
        peak, _, order = level[every]
        return Schedule(order, peak)

    def _worth_trying(self, done: int, peak: int, live: int) -> list[int]:
        """Steps that can come next; one alone if it costs nothing, for it may as well come now as later."""
        ready = [i for i, needs in enumerate(self._needs) if not done >> i & 1 and not needs & ~done]
        for i in ready:
            need, after = self._cost(i, done, live)
            if need <= peak and after <= live:
                return [i]
        return ready

    def _cost(self, i: int, done: int, live: int, step: Step | None = None) -> tuple[int, int]:
        """Bytes that step `i` needs after the steps `done`, and that live after it."""
        step, sizes = step or self._steps[i], self._sizes
        rest = ~(done | 1 << i)
        fresh = [m for m in step.writes if m not in step.reads]
        written = sum(sizes[m] for m in fresh)
        dying = [m for m in step.reads if m not in self._kept and not self._readers[m] & rest]
        unread = [m for m in fresh if m not in self._kept and not self._readers[m] & rest]
        saved = 0
        for (m, target), most in step.overlaps.items():
            if m in dying:
                size = step.scratch if target == SCRATCH else sizes[target]
                saved = max(saved, _shared(sizes[m], size, most))
        after = live + written - sum(sizes[m] for m in (*dying, *unread))
        return live + written + step.scratch - saved, after


def _shared(x: int, y: int, most: int) -> int:
    """Bytes that two buffers share at best when y starts at most `most` bytes past x."""
    if most >= 0:
        return min(x, y)
    return max(0, min(x, y + most))


def overlaps_of(
    overlaps: Sequence[Overlap], reads: Sequence[int | None], writes: Sequence[int | None]
) -> dict[tuple[int, int], int]:
    """Overlaps between the memories of a node; an input that is read twice counts by its strictest read."""
    declared = {(o.read, o.written): o.most for o in overlaps}
    found: dict[tuple[int, int], int | None] = {}
    for read, memory in enumerate(reads):
        if memory is None:
            continue
        for written, target in (*enumerate(writes), (SCRATCH, SCRATCH)):
            if target is not None:
                most = declared.get((read, written))
                key = (memory, target)
                old = found.get(key, most)
                found[key] = None if most is None or old is None else min(old, most)
    return {k: v for k, v in found.items() if v is not None}
