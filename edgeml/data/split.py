"""A fixed, stratified split into training and test samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import UsageError
from edgeml.ir import Array


def stratified_split(y: Array, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(train, test) indices, each ascending; every class gives `share` of its samples, rounded, to the test part.

    A class of two samples or more gives at least one sample to each part. Depends on `y`, `share`, `seed` only.
    """
    if not 0 < share < 1:
        raise UsageError(f"split {share}: the share of test samples must lie between 0 and 1, for example 0.2.")
    test: list[NDArray[np.int64]] = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = round(len(members) * share)
        if len(members) > 1:
            count = min(max(count, 1), len(members) - 1)
        # one generator a class: a change of one class leaves the others' split as it was
        test.append(np.random.default_rng([seed, int(label)]).permutation(members)[:count])
    chosen = np.sort(np.concatenate(test))
    return np.setdiff1d(np.arange(len(y)), chosen), chosen


def unique_samples(x: Array) -> NDArray[np.int64]:
    """Indices, ascending, of the first of all samples that are equal value for value."""
    rows = np.ascontiguousarray(x).reshape(len(x), -1)
    _, first = np.unique(rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))), return_index=True)
    return np.sort(first)
