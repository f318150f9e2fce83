"""A synthetic task and tiny models, for tests that train."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeml.data import Dataset
from edgeml.data.dataset import make_dataset
from edgeml.training.config import ZooModel, read_config

_TOML = """framework = "{framework}"
dataset = "stripes"
input = [6, 6, 1]
[train]
epochs = 4
batch = 16
rate = 2e-2
shift = 1
[prune]
sparsity = 0.6
epochs = 3
every = 2
"""
_KERAS = """import keras
from keras import layers


def build(seed):
    x = image = keras.Input((6, 6, 1), name="image")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.2, seed=seed, name="dropout")(x)
    return keras.Model(image, layers.Dense(2, activation="softmax", name="dense")(x), name="tiny")
"""
_JAX = """import jax.numpy as jnp
import numpy as np


def init(seed):
    rng = np.random.default_rng(seed)
    return {
        "hidden": {"w": rng.standard_normal((36, 12)) / 6, "b": np.zeros(12)},
        "out": {"w": rng.standard_normal((12, 2)) / 4, "b": np.zeros(2)},
    }


def apply(params, x):
    x = jnp.reshape(x, (x.shape[0], -1))
    x = jnp.maximum(x @ params["hidden"]["w"] + params["hidden"]["b"], 0)
    return x @ params["out"]["w"] + params["out"]["b"]
"""


def tiny_model(folder: Path, framework: str) -> ZooModel:
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(_TOML.format(framework=framework))
    (folder / "model.py").write_text(_KERAS if framework == "keras" else _JAX)
    return read_config(folder)


def stripes() -> Dataset:
    """Horizontal against vertical stripes, with noise."""
    rng = np.random.default_rng(0)
    y = np.arange(160) % 2
    stripe = (np.arange(6) % 2).astype(np.float32)
    images = np.where(y[:, None, None] == 0, stripe[None, :, None], stripe[None, None, :])
    x = np.clip(images * 0.8 + rng.random((160, 6, 6)) * 0.2, 0, 1).astype(np.float32)
    return make_dataset("stripes", (x[:128], y[:128]), (x[128:], y[128:]), ("flat", "upright"))
