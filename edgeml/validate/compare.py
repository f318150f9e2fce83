"""Two runners' outputs for the same samples: how many differ, by how much, and how alike they are as vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, DType, TensorType
from edgeml.validate.contracts import END_TOLERANCE_F32


@dataclass(frozen=True, eq=False)
class Difference:
    """`max_codes` is the largest difference of integer outputs, `max_real` that of the reals they stand for.

    `differing` holds the indices of the samples that are not identical, `beyond` of those that differ in an integer
    output or, in a float32 one, by more than END_TOLERANCE_F32 of the largest output; `cosine` is that of all outputs
    of all samples as one vector of reals, 1 when both are zero.
    """

    samples: int
    elements: int
    mismatched: int
    differing: Array
    beyond: Array
    max_codes: float
    max_real: float
    cosine: float

    @property
    def identical(self) -> bool:
        return self.mismatched == 0


def compare(a: Sequence[Array], b: Sequence[Array], types: Sequence[TensorType]) -> Difference:
    """Outputs (N, …) of two runners, one array a graph output; more samples on one side are left out."""
    count = min(len(a[0]), len(b[0]))
    elements = mismatched = 0
    differing, beyond = np.zeros(count, bool), np.zeros(count, bool)
    max_codes = max_real = 0.0
    dot = norm_a = norm_b = 0.0
    for one, other, type_ in zip(a, b, types, strict=True):
        left, right = one[:count].reshape(count, -1), other[:count].reshape(count, -1)
        unequal = ~same(left, right)
        elements += unequal.size
        mismatched += int(np.count_nonzero(unequal))
        differing |= unequal.any(axis=1)
        real_a, real_b = reals(left, type_), reals(right, type_)
        beyond |= (unequal & ~_tolerable(left, right)).any(axis=1)
        max_real = max(max_real, largest(real_a, real_b))
        if left.dtype.kind != "f":
            max_codes = max(max_codes, largest(left.astype(np.float64), right.astype(np.float64)))
        dot += float(np.vdot(real_a, real_b))
        norm_a += float(np.vdot(real_a, real_a))
        norm_b += float(np.vdot(real_b, real_b))
    scale = math.sqrt(norm_a) * math.sqrt(norm_b)
    cosine = min(1.0, dot / scale) if scale else float(norm_a == norm_b)
    if not mismatched:
        cosine = 1.0
    return Difference(
        count, elements, mismatched, np.flatnonzero(differing), np.flatnonzero(beyond), max_codes, max_real, cosine
    )


def _tolerable(a: Array, b: Array) -> Array:
    """Where float32 outputs are as near as sums in another order can be expected to be; integers never are."""
    if a.dtype.kind != "f":
        return np.zeros(a.shape, bool)
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max()) if finite.size else 0.0
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(a.astype(np.float64) - b) <= END_TOLERANCE_F32 * scale)


def same(a: Array, b: Array) -> Array:
    """Element by element; NaN on both sides is the same."""
    return np.asarray((a == b) | ((a != a) & (b != b)))


def reals(values: Array, type_: TensorType) -> Array:
    """float64 reals that the elements of a tensor stand for."""
    wide = values.astype(np.float64)
    q = type_.quantization
    if q is None or type_.dtype is DType.FLOAT32 or len(q.scale) != 1:
        return wide
    return np.asarray((wide - q.zero_point[0]) * q.scale[0])


def largest(a: Array, b: Array) -> float:
    """Largest |a - b|; infinity where one side alone is not finite."""
    if a.size == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        difference = np.abs(a - b)
    difference[same(a, b)] = 0.0
    return float(np.max(np.where(np.isnan(difference), np.inf, difference)))
