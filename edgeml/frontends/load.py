"""One door for every model: a path or an object becomes a Graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UsageError
from edgeml.files import read_bytes
from edgeml.frontends.litert import from_litert
from edgeml.ir import Graph

SUFFIXES = (".tflite",)


def load(model: Any, name: str | None = None) -> Graph:
    """The Graph of a .tflite file (path), of a Keras 3 model, or a Graph itself.

    `name` defaults to the file's name. Raises ModelFormatError, UnsupportedError or UsageError.
    """
    if isinstance(model, Graph):
        return model
    if isinstance(model, str | Path):
        return _load_file(Path(model), name)
    if type(model).__module__.partition(".")[0] in ("keras", "tf_keras", "tensorflow"):
        from edgeml.frontends.keras import keras_to_tflite

        return from_litert(keras_to_tflite(model), "Keras model", name or _identifier(str(model.name)))
    raise UsageError(f"cannot load a model from {type(model).__name__}. Give a path, a Keras model or a Graph.")


def _load_file(path: Path, name: str | None) -> Graph:
    data = read_bytes(path, "model")
    if path.suffix.lower() not in SUFFIXES:
        raise ModelFormatError(
            f"model '{path}' has the suffix '{path.suffix}'; edgeml reads {', '.join(SUFFIXES)}. Convert it, or rename "
            "it if the suffix is wrong."
        )
    return from_litert(data, str(path), name or _identifier(path.stem))


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_") or "model"
