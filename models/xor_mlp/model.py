"""Two inputs, eight hidden units, two classes: 42 parameters."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np

SIZES = (2, 8, 2)


def init(seed: int) -> list[dict[str, np.ndarray]]:
    """Normal weights, zero biases."""
    rng = np.random.default_rng(seed)
    return [
        {"weights": rng.standard_normal((a, b)).astype(np.float32), "bias": np.zeros(b, np.float32)}
        for a, b in pairwise(SIZES)
    ]


def apply(params, x):
    """(N, 2) truth values as 0 or 1 to logits (N, 2)."""
    hidden = jnp.tanh(x @ params[0]["weights"] + params[0]["bias"])
    return hidden @ params[1]["weights"] + params[1]["bias"]
