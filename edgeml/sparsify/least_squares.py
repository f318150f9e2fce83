"""The weights that stay, fitted anew: ridge regression of one layer, an output channel at a time.

For an output channel with kept inputs M, the weights v and the bias c minimise

    |X_M v + c - t|^2 + ridge * sum_j H_jj (v_j - w_j)^2,   H = X^T X,

where X (R, K) is what the pruned graph's layer reads, t what the dense layer computes on the dense graph's input, and
w the weights before: without samples that tell, they stay. It is the layer-wise objective of Optimal Brain Compression
(Frantar and Alistarh 2022, arXiv:2208.11580) with the whole kept set solved at once.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array
from edgeml.prune.patterns import Mask


def fit_kept(x: Array, target: Array, weights: Array, keep: Mask, ridge: float) -> tuple[Array, Array]:
    """Weights (O, K), zero outside `keep`, and biases (O,), float64, for rows x (R, K) and target (R, O)."""
    if ridge <= 0:
        raise ValueError("a ridge of 0 leaves inputs that never vary undecided")
    mean, goal = x.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    # the bias takes the means, so that the fit is one of deviations
    centred, wanted = x - mean, target - goal
    gram, cross = centred.T @ centred, centred.T @ wanted
    diagonal = np.diag(gram)
    # an input that never varies has nothing to say of its weight
    anchor = ridge * np.maximum(diagonal, 1e-9 * max(float(diagonal.max(initial=0.0)), 1e-30))
    fitted = np.zeros(weights.shape, np.float64)
    for channel, mask in enumerate(keep):
        kept = np.flatnonzero(mask)
        if not len(kept):
            continue
        system = gram[np.ix_(kept, kept)].copy()
        system[np.diag_indices(len(kept))] += anchor[kept]
        right = cross[kept, channel] + anchor[kept] * weights[channel, kept]
        fitted[channel, kept] = np.linalg.solve(system, right)
    return fitted, goal - fitted @ mean
