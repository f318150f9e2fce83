"""The entropy observer: the range whose 256 codes lose the least information about the values' distribution.

Kullback and Leibler's divergence from the histogram, with what lies outside put on its last bins, to what is left of it
after rounding (Migacz 2017). It clips the tails of long distributions harder than a squared error does.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array

_STEPS = 100
# the smallest range tried, as a part of the whole
_SMALLEST = 0.1
_CODES = 256


def entropy_range(counts: Array, bound: float, low: float, high: float) -> tuple[float, float]:
    """(low, high) shrunk by one factor, for `counts` in equal bins over -bound..bound; it holds zero as before."""
    # zero is a code, so that the many zeros of a relu lose nothing: their bin counts as its neighbours do
    counts, zero = counts.copy(), len(counts) // 2
    counts[zero] = min(counts[zero], max(counts[zero - 1], counts[zero + 1]))
    edges = np.linspace(-bound, bound, len(counts) + 1)
    best, least = (low, high), np.inf
    for factor in np.linspace(1.0, _SMALLEST, _STEPS):
        found = _divergence(counts, edges, low * factor, high * factor)
        # a smaller range must be really better: equal ones clip for nothing
        if found < least * (1 - 1e-6):
            best, least = (float(low * factor), float(high * factor)), found
    return best


def _divergence(counts: Array, edges: Array, low: float, high: float) -> float:
    first = int(np.searchsorted(edges, low, side="right")) - 1
    last = min(int(np.searchsorted(edges, high, side="left")), len(counts))
    inside = counts[max(first, 0) : last].astype(np.float64)
    if not len(inside) or not inside.sum():
        return np.inf
    wanted = inside.copy()
    wanted[0] += counts[: max(first, 0)].sum()
    wanted[-1] += counts[last:].sum()
    # every code stands for the bins that it rounds to, and spreads its mass over those that are not empty
    code = np.arange(len(inside)) * _CODES // len(inside) if len(inside) > _CODES else np.arange(len(inside))
    filled = inside > 0
    mass, number = (np.bincount(code, weights=w) for w in (inside, filled.astype(np.float64)))
    got = np.where(filled, mass[code] / np.maximum(number[code], 1), 0.0)
    p, q = wanted / wanted.sum(), got / got.sum()
    used = p > 0
    # a value that the codes cannot give at all
    q = np.maximum(q, 1e-12)
    return float(np.sum(p[used] * np.log(p[used] / q[used])))
