"""Magnitude pruning: the weights nearest zero go. Plain NumPy, for any framework's weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array
from edgeml.prune.patterns import ELEMENT, Mask, Pattern, Scope, pattern_masks


def magnitude_scores(weights: Array) -> Array:
    """|w| divided by the root mean square of all: a layer of small weights is not wiped out by its neighbours."""
    return np.asarray(np.abs(weights) / (np.sqrt(np.mean(np.square(weights, dtype=np.float64))) or 1.0))


def magnitude_masks(
    weights: Mapping[str, Array], sparsity: float, scope: Scope = "layer", pattern: Pattern = ELEMENT
) -> dict[str, Mask]:
    """Masks (True = keep) that zero the share `sparsity` of the weights with the least |w|; see `pattern_masks`.

    Outputs lie along axis 0, inputs along the last axis.
    """
    return pattern_masks({name: magnitude_scores(w) for name, w in weights.items()}, sparsity, pattern, scope)
