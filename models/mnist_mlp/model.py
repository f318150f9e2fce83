"""A perceptron with two hidden layers: 784-96-48-10, 80 K parameters."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np

SIZES = (784, 96, 48, 10)


def init(seed: int) -> list[dict[str, np.ndarray]]:
    """He's normal weights (fan-in), zero biases."""
    rng = np.random.default_rng(seed)
    return [
        {
            "weights": (rng.standard_normal((fan_in, out)) * np.sqrt(2 / fan_in)).astype(np.float32),
            "bias": np.zeros(out, np.float32),
        }
        for fan_in, out in pairwise(SIZES)
    ]


def apply(params, x):
    """(N, 28, 28, 1) pixels in [0, 1] to logits (N, 10)."""
    x = jnp.reshape(x, (x.shape[0], -1))
    for layer in params[:-1]:
        x = jnp.maximum(x @ layer["weights"] + layer["bias"], 0)
    return x @ params[-1]["weights"] + params[-1]["bias"]
