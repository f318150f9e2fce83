"""Magnitude pruning: the weights nearest zero go. Plain NumPy, for any framework's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import UsageError
from edgeml.ir import Array

Scope = Literal["layer", "global"]
Mask = NDArray[np.bool_]


def magnitude_masks(weights: Mapping[str, Array], sparsity: float, scope: Scope = "layer") -> dict[str, Mask]:
    """Masks (True = keep) that zero the share `sparsity` of the weights with the least |w|.

    "layer" zeroes that share of each array; "global" ranks all arrays together, each divided by its root mean
    square, so that a layer of small weights is not wiped out. Ties break by position: the result is deterministic.
    """
    if not 0.0 <= sparsity < 1.0:
        raise UsageError(f"sparsity must be at least 0 and below 1. Got {sparsity}.")
    if scope not in get_args(Scope):
        raise UsageError(f"unknown pruning scope '{scope}'. Choose one of {', '.join(get_args(Scope))}.")
    if not weights:
        return {}
    if scope == "layer":
        return {name: _keep(np.abs(w), sparsity) for name, w in weights.items()}
    scores = {
        name: np.abs(w) / (np.sqrt(np.mean(np.square(w, dtype=np.float64))) or 1.0) for name, w in weights.items()
    }
    flat = _keep(np.concatenate([s.ravel() for s in scores.values()]), sparsity)
    masks, start = {}, 0
    for name, score in scores.items():
        masks[name] = flat[start : start + score.size].reshape(score.shape)
        start += score.size
    return masks


def _keep(score: Array, sparsity: float) -> Mask:
    count = round(sparsity * score.size)
    mask = np.ones(score.size, np.bool_)
    mask[np.argsort(score.ravel(), kind="stable")[:count]] = False
    return mask.reshape(score.shape)
