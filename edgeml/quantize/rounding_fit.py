"""Integer least squares: codes of weights that together give the least error, instead of each the nearest code.

Minimises, for each output, |y - X s q|² + λ |s q - w|² over whole q within ±limit, from the sums of x xᵀ and y xᵀ
alone. Codes are fixed one input after the other, and the error of each is put on those still open (optimal brain
quantisation with one order for all outputs: Frantar et al. 2022, "GPTQ"); then cyclic coordinate descent moves single
codes until none gains (Behdin et al. 2023, "QuantEase").
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array

# λ as a part of the mean of the sums of squares: what is known of inputs that hardly change
DAMPING = 0.01
_PASSES = 12
# inputs whose errors the later ones take over together
_BLOCK = 32


def damped(inputs: Array, cross: Array, weights: Array, damping: float = DAMPING) -> tuple[Array, Array]:
    """The sums with λ: `inputs` (G, K, K) and `cross` (G, O, K), for weights (G, O, K)."""
    size = inputs.shape[-1]
    diagonal = np.einsum("gkk->gk", inputs)
    # a group without any input at all keeps its weights
    extra = np.maximum(damping * diagonal.mean(axis=1), 1e-12 + 1e-9 * diagonal.max(initial=0.0))
    return inputs + extra[:, None, None] * np.eye(size), cross + extra[:, None, None] * weights


def fit_codes(inputs: Array, cross: Array, scales: Array, limit: int, free: Array) -> Array:
    """Codes, float64 (G, O, K), for damped sums and positive `scales` (G, O); 0 but where `free`, bool (G, O, K)."""
    best = np.linalg.solve(inputs, np.swapaxes(cross, 1, 2)).swapaxes(1, 2)
    # inputs that carry most come first: those after them take over their errors
    order = np.argsort(-np.einsum("gkk->gk", inputs), axis=1, kind="stable")
    back = np.argsort(order, axis=1, kind="stable")
    sorted_inputs = np.take_along_axis(np.take_along_axis(inputs, order[:, :, None], 1), order[:, None, :], 2)
    first, open_places = (np.take_along_axis(a, order[:, None, :], 2) for a in (best, free))
    codes = _one_by_one(sorted_inputs, first, scales, limit, open_places)
    return descend(inputs, cross, np.take_along_axis(codes, back[:, None, :], 2), scales, limit, free)


def _one_by_one(inputs: Array, weights: Array, scales: Array, limit: int, free: Array) -> Array:
    """Codes in the order of the inputs, each error spread over the weights after it."""
    # upper Cholesky factor of the inverse: row k holds how the later weights follow weight k
    upper = np.linalg.cholesky(np.linalg.inv(inputs)).swapaxes(1, 2)
    left, codes, errors = weights.copy(), np.empty_like(weights), np.empty_like(weights)
    for start in range(0, weights.shape[2], _BLOCK):
        stop = start + _BLOCK
        for k in range(start, min(stop, weights.shape[2])):
            codes[:, :, k] = np.clip(np.rint(left[:, :, k] / scales), -limit, limit) * free[:, :, k]
            errors[:, :, k] = (left[:, :, k] - codes[:, :, k] * scales) / upper[:, None, k, k]
            left[:, :, k:stop] -= errors[:, :, k, None] * upper[:, None, k, k:stop]
        # what lies behind the block takes all of its errors at once
        left[:, :, stop:] -= errors[:, :, start:stop] @ upper[:, start:stop, stop:]
    return codes


def descend(inputs: Array, cross: Array, codes: Array, scales: Array, limit: int, free: Array) -> Array:
    """Free codes moved one at a time to the best value, all others fixed, until none moves or `_PASSES` are over."""
    codes = codes.copy()
    slope = (codes * scales[:, :, None]) @ inputs - cross
    for _ in range(_PASSES):
        moved = False
        for k in range(codes.shape[2]):
            curve = inputs[:, k, k][:, None]
            wanted = np.clip(np.rint(codes[:, :, k] - slope[:, :, k] / (curve * scales)), -limit, limit)
            wanted *= free[:, :, k]
            change = (wanted - codes[:, :, k]) * scales
            if change.any():
                moved = True
                codes[:, :, k] = wanted
                # later passes move a few outputs only
                groups, outputs = np.nonzero(change)
                slope[groups, outputs] += change[groups, outputs][:, None] * inputs[groups, k]
        if not moved:
            break
    return codes


def error_of(inputs: Array, cross: Array, weights: Array) -> Array:
    """|y - X w|² (G, O) of weights (G, O, K), but for what does not depend on them."""
    return np.asarray(((weights @ inputs - 2.0 * cross) * weights).sum(axis=2))
