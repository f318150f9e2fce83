"""Magnitude pruning: the weights nearest to zero go. On NumPy arrays, for every framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import UsageError
from edgeml.ir import Array

Scope = Literal["layer", "global"]
SCOPES = ("layer", "global")


def magnitude_masks(
    weights: Mapping[str, Array], sparsity: float, scope: Scope = "layer", keep: Mapping[str, float] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Masks of 0 (goes) and 1 (stays) for each array of `weights`.

    `sparsity` in [0, 1) is the share of zeros: of each layer, or of all layers together with scope "global", where
    layers compete with |w| (a layer may then be emptied less or more than the rest; one weight always stays).
    `keep` names an upper bound of sparsity for single layers, for example a small first layer. Of equal magnitudes
    the later ones in memory go first, so that the result does not depend on the platform's sort.
    """
    check_sparsity(sparsity, scope)
    bounds = {name: min(sparsity if scope == "layer" else 1.0, (keep or {}).get(name, 1.0)) for name in weights}
    if scope == "layer":
        return {name: _mask(w, round(bounds[name] * w.size)) for name, w in weights.items()}
    counts = _global_counts(weights, sparsity, bounds)
    return {name: _mask(w, counts[name]) for name, w in weights.items()}


def check_sparsity(sparsity: float, scope: str) -> None:
    """Raise UsageError when a sparsity or a scope is outside what pruning can do."""
    if not 0 <= sparsity < 1:
        raise UsageError(f"sparsity {sparsity}: must be at least 0 and below 1. Give 0.8 for 80 % zeros.")
    if scope not in SCOPES:
        raise UsageError(f"pruning scope '{scope}' is unknown. Use {' or '.join(SCOPES)}.")


def _global_counts(weights: Mapping[str, Array], sparsity: float, bounds: Mapping[str, float]) -> dict[str, int]:
    """Zeros of each layer: the smallest magnitudes of all layers, none beyond its layer's bound."""
    names = list(weights)
    magnitudes, owners = [], []
    for index, name in enumerate(names):
        # of a bounded layer only its smallest may go
        allowed = min(int(bounds[name] * weights[name].size), weights[name].size - 1)
        magnitudes.append(np.sort(np.abs(weights[name]), axis=None)[:allowed])
        owners.append(np.full(allowed, index))
    total = round(sparsity * sum(w.size for w in weights.values()))
    candidates, owner = np.concatenate(magnitudes), np.concatenate(owners)
    chosen = owner[np.argsort(candidates, kind="stable")[:total]]
    counts = np.bincount(chosen, minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True)}


def _mask(weights: Array, zeros: int) -> NDArray[np.float32]:
    mask = np.ones(weights.size, np.float32)
    # a stable sort of the reversed array: of equal magnitudes the last in memory comes first
    order = np.argsort(np.abs(weights).ravel()[::-1], kind="stable")
    mask[weights.size - 1 - order[:zeros]] = 0
    return mask.reshape(weights.shape)
