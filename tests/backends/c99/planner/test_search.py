"""Placement: valid, as small as the smallest on small problems, with a bound that is never above it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeml.backends.c99.planner import Buffer, Placement, Problem, place
from edgeml.backends.c99.planner.problem import Shared, build_problem


def _problem(seed: int, count: int = 5) -> Problem:
    """Buffers of a few words with random lives, some pairs of which may overlap."""
    rng = np.random.default_rng(seed)
    buffers = []
    for i in range(count):
        first = int(rng.integers(0, 5))
        buffers.append(Buffer(f"b{i}", int(rng.integers(1, 5)), first, first + int(rng.integers(0, 4))))
    sharing = {}
    for a, b in itertools.permutations(buffers, 2):
        if a.last == b.first and rng.random() < 0.7:
            step = int(rng.choice([0, 0, 4]))
            sharing[b.first, a.name, b.name] = Shared(int(rng.integers(-3, 4)) * 4, step)
    return build_problem(buffers, sharing)


def _holds(problem: Problem, offsets: tuple[int, ...]) -> bool:
    return (
        all(any(low <= offsets[r.b] - offsets[r.a] <= high for low, high in r.allowed) for r in problem.relations)
        and min(offsets) >= 0
    )


def _smallest(problem: Problem, most: int) -> int:
    """The smallest peak of all placements, by trying every one."""
    best = most
    for offsets in itertools.product(range(most), repeat=len(problem.buffers)):
        peak = max(o + b.size for o, b in zip(offsets, problem.buffers, strict=True))
        if peak < best and _holds(problem, offsets):
            best = peak
    return best


@pytest.mark.parametrize("seed", range(60))
def test_small_problems_are_solved_exactly(seed: int) -> None:
    problem = _problem(seed, 4)
    found = place(problem)
    assert _holds(problem, found.offsets)
    assert found.lower == found.peak == _smallest(problem, found.peak)


@pytest.mark.parametrize("seed", range(40))
def test_placements_are_valid_and_not_below_their_bound(seed: int) -> None:
    problem = _problem(seed, 30)
    found = place(problem)
    assert _holds(problem, found.offsets)
    assert max(b.size for b in problem.buffers) <= found.lower <= found.peak
    assert place(problem) == found


def test_a_search_without_steps_still_places_everything() -> None:
    problem = _problem(3, 30)
    found = place(problem, limit=0)
    assert _holds(problem, found.offsets) and found.lower <= found.peak


def test_nothing_needs_no_memory() -> None:
    assert place(Problem((), ())) == Placement((), 0, 0)


def test_a_chain_drifts_down_by_what_each_step_saves() -> None:
    """Four buffers of 100 words, each of which must start 10 words below the one before it: 130 words."""
    buffers = [Buffer(f"b{i}", 100, i, i + 1) for i in range(4)]
    sharing = {(i + 1, f"b{i}", f"b{i + 1}"): Shared(-40) for i in range(3)}
    found = place(build_problem(buffers, sharing))
    assert found.peak == found.lower == 130
    assert found.offsets == (30, 20, 10, 0)
