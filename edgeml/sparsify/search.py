"""A sparsity that meets a target: bisection, and what was seen on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# steps of the search, as a share of the weights
STEP = 0.01
HIGHEST = 0.99


@dataclass(frozen=True)
class Probe:
    """One sparsity that was tried, and the figure that was judged."""

    sparsity: float
    value: float
    holds: bool


@dataclass(frozen=True)
class Search:
    """The sparsity found, or None where none holds; `probes` in the order of the search."""

    sparsity: float | None
    probes: tuple[Probe, ...]


def highest(measure: Callable[[float], float], limit: float, top: float = HIGHEST) -> Search:
    """The highest sparsity in 0..top whose `measure` is at most `limit`, to STEP, where the measure grows with it.

    A measure that is not quite monotone (an accuracy) gives a sparsity that holds, not always the highest. None where
    not even the lowest step holds.
    """
    return _bisect(measure, limit, top, grows=True)


def lowest(measure: Callable[[float], float], limit: float, top: float = HIGHEST) -> Search:
    """The lowest sparsity in 0..top whose `measure` is at most `limit`, to STEP, where the measure falls with it."""
    return _bisect(measure, limit, top, grows=False)


def _bisect(measure: Callable[[float], float], limit: float, top: float, *, grows: bool) -> Search:
    probes: list[Probe] = []

    def holds(index: int) -> bool:
        value = measure(index * STEP)
        probes.append(Probe(index * STEP, value, value <= limit))
        return probes[-1].holds

    low, high = 0, int(top / STEP + 1e-9)
    # the end that every target passes if any does
    if holds(low if grows else high):
        good, bad = (low, high + 1) if grows else (high, low - 1)
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if holds(middle) else (good, middle)
        return Search(good * STEP, tuple(probes))
    return Search(None, tuple(probes))
