"""Statistics of a benchmark: how sure an accuracy is, and whether two models differ."""

from __future__ import annotations

import math

import numpy as np

from edgeml.bench.record import Agreement
from edgeml.errors import DataError
from edgeml.ir import Array

# 97.5 % quantile of the normal distribution
_Z95 = 1.959963984540054


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """95 % interval of a share `correct / n` (Wilson 1927); it never leaves [0, 1]."""
    if not 0 <= correct <= n or n == 0:
        raise DataError(f"accuracy: needs 0 <= correct <= n and n > 0. Got {correct} of {n}.")
    p, z2 = correct / n, _Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # at the ends rounding may step over the exact bound
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == n else min(1.0, centre + half)
    return low, high


def flips(a: Array, b: Array) -> int:
    """Number of samples with different predictions."""
    return int(np.count_nonzero(np.asarray(a) != np.asarray(b)))


def mcnemar_p(a: Array, b: Array, truth: Array) -> float:
    """Exact two-sided p of McNemar's test that predictions `a` and `b` are right equally often.

    Only the samples where exactly one of the two is right count; under the null hypothesis each falls to
    either side with probability 1/2, so p is a binomial tail, doubled and at most 1.
    """
    right_a, right_b = np.asarray(a) == truth, np.asarray(b) == truth
    only_a = int(np.count_nonzero(right_a & ~right_b))
    only_b = int(np.count_nonzero(right_b & ~right_a))
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    # integers of any size, one division at the end: exact until the float
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return min(1.0, float(2 * tail / 2**n))


def paired_interval(a: Array, b: Array, truth: Array) -> tuple[float, float]:
    """95 % interval of how much more often predictions `b` are right than `a`, on the same samples; in -1..1.

    Wald's interval for paired shares after half a sample more in each of the four cells (Agresti and Min 2005).
    """
    right_a, right_b = np.asarray(a) == truth, np.asarray(b) == truth
    n = len(right_a) + 2
    gained = int(np.count_nonzero(~right_a & right_b)) + 0.5
    lost = int(np.count_nonzero(right_a & ~right_b)) + 0.5
    centre = (gained - lost) / n
    half = _Z95 * math.sqrt((gained + lost) - (gained - lost) ** 2 / n) / n
    return max(-1.0, centre - half), min(1.0, centre + half)


def paired_points(before: Array, after: Array) -> tuple[float, float]:
    """How many points (hundredths) more often `after` is right than `before`, bool (N,) on the same samples, and the
    standard error of that.

    With b and c samples that only one of both has right, the sample variance of the differences is
    (b + c - (b - c)^2 / n) / (n - 1); that of their mean is an nth of it.
    """
    gained, lost = int(np.count_nonzero(after & ~before)), int(np.count_nonzero(before & ~after))
    n = len(before)
    variance = (gained + lost - (gained - lost) ** 2 / n) / (n - 1)
    return 100 * (gained - lost) / n, 100 * math.sqrt(variance / n)


def agreement(reference: str, expected: Array, got: Array) -> Agreement:
    """Compare outputs of shape (N, …) element by element with those of the target called `reference`."""
    if expected.shape != got.shape:
        raise DataError(f"outputs of shape {got.shape} cannot be compared with {reference}'s {expected.shape}.")
    difference = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    # NaN on both sides is the same output
    same = (got == expected) | ((got != got) & (expected != expected))
    finite = difference[np.isfinite(difference)]
    worst = float(finite.max()) if finite.size else 0.0
    return Agreement(reference, len(got), int(np.count_nonzero(~same)), worst)
