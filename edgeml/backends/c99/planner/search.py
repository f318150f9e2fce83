"""Offsets for all buffers: heuristics first, then a search that proves what it can within a fixed number of steps.

The search decides whether a capacity suffices: every offset has a range, every relation narrows the ranges of its two
buffers to what some allowed distance can reach, and where the lowest offsets break a relation the search tries its
intervals one after the other. A capacity that is refuted is a lower bound. The limits count steps, not seconds: the
same problem always gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.backends.c99.planner.heuristics import first_fit
from edgeml.backends.c99.planner.problem import Interval, Problem

# revisions of a relation, some microseconds each: of one search, and of one capacity within it
LIMIT = 60_000
_SHARE = 4
# for what lives at one time
_STEP_LIMIT = 4_000


@dataclass(frozen=True)
class Placement:
    """Offsets in words by the buffer's position; no placement of these buffers takes fewer than `lower` words."""

    offsets: tuple[int, ...]
    peak: int
    lower: int


class _Limit(Exception):
    """The search has used up its steps."""


def place(problem: Problem, limit: int = LIMIT) -> Placement:
    """The smallest peak that is found, and a proven bound below which there is none."""
    if not problem.buffers:
        return Placement((), 0, 0)
    offsets = first_fit(problem)
    peak = _peak(problem, offsets)
    lower = max(b.size for b in problem.buffers)
    # what lives in one step alone is a smaller problem
    for chosen in _steps(problem):
        if sum(problem.buffers[i].size for i in chosen) > lower and lower < peak:
            part = problem.part(chosen)
            found = first_fit(part)
            lower = _minimise(part, found, lower, _Search(part, _STEP_LIMIT)).lower
    return _minimise(problem, offsets, lower, _Search(problem, limit))


def _minimise(problem: Problem, offsets: Sequence[int], lower: int, search: _Search) -> Placement:
    """Bisect between what is refuted and what is found."""
    peak, from_ = _peak(problem, offsets), lower
    target = lower  # most often the bound of the largest step can be met
    while from_ < peak:
        try:
            found = search.fit(target)
        except _Limit:
            from_ = target + 1
        else:
            if found is None:
                from_ = lower = target + 1
            else:
                offsets, peak = found, _peak(problem, found)
        target = (from_ + peak) // 2
    return Placement(tuple(offsets), peak, min(lower, peak))


def _peak(problem: Problem, offsets: Sequence[int]) -> int:
    return max(o + b.size for o, b in zip(offsets, problem.buffers, strict=True))


def _steps(problem: Problem) -> list[tuple[int, ...]]:
    """The sets of buffers that live at one time, largest first."""
    buffers = problem.buffers
    times = sorted({b.first for b in buffers})
    sets = {tuple(i for i, b in enumerate(buffers) if b.first <= t <= b.last) for t in times}
    return sorted(sets, key=lambda s: (-sum(buffers[i].size for i in s), s))


@dataclass
class _Node:
    """Ranges of the offsets, and the intervals that are left of each relation."""

    low: list[int]
    high: list[int]
    allowed: list[tuple[Interval, ...]]


class _Search:
    """Depth first over the intervals of broken relations."""

    def __init__(self, problem: Problem, limit: int) -> None:
        self._problem, self._share, self._total = problem, limit // _SHARE, limit
        self._touching: list[list[int]] = [[] for _ in problem.buffers]
        for k, r in enumerate(problem.relations):
            self._touching[r.a].append(k)
            self._touching[r.b].append(k)
        self._left = 0

    def fit(self, capacity: int) -> list[int] | None:
        """Offsets within `capacity` words, or None when there are none. Raises _Limit when that stays open."""
        self._left = min(self._share, self._total)
        self._total -= self._left
        try:
            return self._fit(capacity)
        finally:
            self._total += max(self._left, 0)

    def _fit(self, capacity: int) -> list[int] | None:
        sizes = [b.size for b in self._problem.buffers]
        if max(sizes) > capacity:
            return None
        relations = self._problem.relations
        root = _Node([0] * len(sizes), [capacity - s for s in sizes], [r.allowed for r in relations])
        stack = [(root, list(range(len(relations))))]
        while stack:
            node, changed = stack.pop()
            if not self._narrow(node, changed):
                continue
            broken = self._broken(node)
            if broken is None:
                return node.low
            relation = relations[broken]
            distance = node.low[relation.b] - node.low[relation.a]
            # the nearest interval first, so it goes on the stack last
            for interval in sorted(node.allowed[broken], key=lambda i: -max(i[0] - distance, distance - i[1])):
                allowed = list(node.allowed)
                allowed[broken] = (interval,)
                stack.append((_Node(list(node.low), list(node.high), allowed), [broken]))
        return None

    def _narrow(self, node: _Node, changed: list[int]) -> bool:
        """Narrow all ranges until nothing changes; False when a relation cannot hold any more."""
        low, high, relations = node.low, node.high, self._problem.relations
        waiting, queued = changed, set(changed)
        while waiting:
            self._left -= 1
            if self._left < 0:
                raise _Limit
            k = waiting.pop()
            queued.discard(k)
            a, b = relations[k].a, relations[k].b
            least, most = low[b] - high[a], high[b] - low[a]
            left = tuple(i for i in node.allowed[k] if i[0] <= most and i[1] >= least)
            if not left:
                return False
            node.allowed[k] = left
            least, most = max(least, left[0][0]), min(most, left[-1][1])
            moved = []
            if low[a] + least > low[b] or high[a] + most < high[b]:
                low[b], high[b] = max(low[b], low[a] + least), min(high[b], high[a] + most)
                moved.append(b)
            if low[b] - most > low[a] or high[b] - least < high[a]:
                low[a], high[a] = max(low[a], low[b] - most), min(high[a], high[b] - least)
                moved.append(a)
            for buffer in moved:
                if low[buffer] > high[buffer]:
                    return False
                for other in self._touching[buffer]:
                    if other not in queued:
                        queued.add(other)
                        waiting.append(other)
        return True

    def _broken(self, node: _Node) -> int | None:
        """The relation of the largest buffers that the lowest offsets do not meet."""
        best, weight = None, -1
        buffers = self._problem.buffers
        for k, r in enumerate(self._problem.relations):
            distance = node.low[r.b] - node.low[r.a]
            if not any(i[0] <= distance <= i[1] for i in node.allowed[k]):
                both = min(buffers[r.a].size, buffers[r.b].size)
                if both > weight:
                    best, weight = k, both
        return best
