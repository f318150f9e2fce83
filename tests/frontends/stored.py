"""Small Keras models and the files that Keras makes of them, for tests of the readers."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

h5py = pytest.importorskip("h5py", reason="h5py is not installed")
KERAS_VERSION = "3.12.0"


def classifier(keras: Any) -> Any:
    """A functional model of convolution, normalisation, an addition and a dense head with random statistics."""
    inputs = keras.layers.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", kernel_regularizer="l2")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(max_value=6.0)(x)
    y = keras.layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = keras.layers.Add()([x, y])
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Dropout(0.5)(x))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x), name="classifier")
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.2, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


def save(model: Any, path: Path, **options: Any) -> Path:
    """`model.save` without its warning about old formats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(str(path), **options)
    return path


def weights(**arrays: np.ndarray) -> bytes:
    """Bytes of an HDF5 file with the arrays."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return stream.getvalue()


def archive(config: Any, content: bytes | None = None, **members: bytes) -> bytes:
    """Bytes of a .keras file with this configuration (an object, or JSON as it is)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        file.writestr("metadata.json", json.dumps({"keras_version": KERAS_VERSION}))
        file.writestr("model.weights.h5", weights(w=np.zeros(100, np.float32)) if content is None else content)
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def legacy(config: Any, version: str = "2.15.0", **attributes: Any) -> bytes:
    """Bytes of an .h5 file with this configuration and no weights."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = version
        file.create_group("model_weights")
        for name, value in attributes.items():
            file.attrs[name] = value
    return stream.getvalue()


def sequential(*layers: Any) -> dict[str, Any]:
    """A Keras 3 configuration of a Sequential model with an input of 4 and these layers."""
    inputs = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "x"},
        "registered_name": None,
    }
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "trainable": True, "dtype": "float32", "layers": [inputs, *layers]},
        "registered_name": None,
    }


def layer(class_name: str, module: str | None = "keras.layers", registered: str | None = None, **config: Any) -> Any:
    """A Keras 3 configuration of one layer."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered}
