"""A legacy .h5 file: configuration in an attribute, weights in groups."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.frontends.keras_files.build import keras_for, rebuilt
from edgeml.frontends.keras_files.config import parse_config
from edgeml.frontends.keras_files.hdf5 import opened


def load_hdf5(data: bytes, source: str) -> Any:
    """The Keras model of an .h5 file's bytes. Raises ModelFormatError or UnsupportedError."""
    with opened(data, source) as (file, elements):
        config = parse_config(_text(file, "model_config", source), source)
        # Keras 1 and early Keras 2 did not say
        version = _text(file, "keras_version", source) if "keras_version" in file.attrs else "2"
    keras = keras_for(version, source)

    def deserialize() -> Any:
        # Keras takes entries out of the dictionaries it reads
        return _from_config(keras, copy.deepcopy(config))

    def load(model: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
            path = Path(folder) / "model.h5"
            path.write_bytes(data)
            model.load_weights(str(path))
        return model

    return rebuilt(deserialize, load, elements, source, keras)


def _from_config(keras: Any, config: dict[str, Any]) -> Any:
    if keras.__name__ == "tf_keras":
        return keras.models.model_from_config(config)
    # Keras 3 has no public door to configurations of the legacy format
    return require("keras.src.legacy.saving.saving_utils", "keras").model_from_config(config)


def _text(file: Any, name: str, source: str) -> str:
    value = file.attrs.get(name)
    if value is None:
        raise UnsupportedError(
            f"'{source}': the file has no attribute '{name}': it holds weights without a model. Save the whole model "
            "with model.save."
        )
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str):
        raise ModelFormatError(f"'{source}': attribute '{name}' must be text. Save the model again.")
    return value
