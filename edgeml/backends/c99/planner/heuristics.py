"""Placements by one buffer after the other, each as low as it can lie among those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeml.backends.c99.planner.problem import FAR, Buffer, Interval, Problem

_Key = Callable[[Buffer], tuple[int, ...]]
# kernels run forwards, so that an output may lie below the input that it overwrites, but not above it: from the end of
# the program to its start the buffers pile up
_ORDERS: tuple[_Key, ...] = (
    lambda b: (-b.size, b.first),
    lambda b: (-b.last, -b.first),
    lambda b: (-b.first, -b.last),
    lambda b: (b.first - b.last, -b.size, -b.first),
    lambda b: (-b.size, -b.last),
)


def first_fit(problem: Problem) -> list[int]:
    """The best of a few orders."""
    neighbours: list[list[tuple[int, tuple[Interval, ...]]]] = [[] for _ in problem.buffers]
    for r in problem.relations:
        # distances from the neighbour to this buffer
        neighbours[r.b].append((r.a, r.allowed))
        neighbours[r.a].append((r.b, tuple((-high, -low) for low, high in reversed(r.allowed))))
    best: tuple[int, list[int]] | None = None
    for key in _ORDERS:
        keys = [(key(b), i) for i, b in enumerate(problem.buffers)]
        order = [i for _, i in sorted(keys)]
        offsets = _place(order, neighbours)
        peak = max(o + b.size for o, b in zip(offsets, problem.buffers, strict=True))
        if best is None or peak < best[0]:
            best = (peak, offsets)
    assert best is not None
    return best[1]


def _place(order: Sequence[int], neighbours: Sequence[Sequence[tuple[int, tuple[Interval, ...]]]]) -> list[int]:
    offsets: dict[int, int] = {}
    for buffer in order:
        rules = [(offsets[n], allowed) for n, allowed in neighbours[buffer] if n in offsets]
        offsets[buffer] = _lowest(rules)
    return [offsets[i] for i in range(len(order))]


def _lowest(rules: Sequence[tuple[int, tuple[Interval, ...]]]) -> int:
    """The lowest offset that all rules allow: go up to the next start of an interval while one objects."""
    at, moved = 0, True
    while moved:
        moved = False
        for start, allowed in rules:
            distance = at - start
            step = min((max(low - distance, 0) for low, high in allowed if high >= distance), default=FAR)
            if step:
                at, moved = at + step, True
    return at
