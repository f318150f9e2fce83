"""Checks the arrays that callers hand to a runtime, with errors that name input, rule and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.errors import DataError
from edgeml.ir import Array


@dataclass(frozen=True)
class InputSpec:
    """What a loaded model takes: `shape` with its batch dimension, -1 where any size goes."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]


def check_samples(specs: Sequence[InputSpec], arrays: Sequence[Array]) -> list[Array]:
    """The arrays of shape (N, …), one for each input, made contiguous; DataError when one does not fit."""
    if len(specs) != len(arrays):
        names = ", ".join(s.name for s in specs)
        raise DataError(f"the model has {len(specs)} inputs ({names}). Got {len(arrays)} arrays; give one for each.")
    counts = {len(a) if a.ndim else 0 for a in arrays}
    if len(counts) != 1 or 0 in counts:
        raise DataError(f"all inputs must hold the same number of samples, at least one. Got {sorted(counts)}.")
    return [_check(spec, array) for spec, array in zip(specs, arrays, strict=True)]


def _check(spec: InputSpec, array: Array) -> Array:
    wanted = spec.shape[1:]
    fits = len(array.shape) == len(spec.shape) and all(
        w in (-1, g) for w, g in zip(wanted, array.shape[1:], strict=True)
    )
    if not fits:
        raise DataError(
            f"input '{spec.name}': samples must have shape {wanted}. Got {array.shape[1:]}. Resize or reshape the data."
        )
    if array.dtype != spec.dtype:
        raise DataError(
            f"input '{spec.name}': must be {spec.dtype}. Got {array.dtype}. Quantise or cast the data to the "
            "model's own input type."
        )
    return np.ascontiguousarray(array)
