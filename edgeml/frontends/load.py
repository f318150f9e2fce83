"""One door for every model: a path or an object becomes a Graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UsageError
from edgeml.files import read_bytes
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array, Graph

SUFFIXES = (".tflite", ".onnx")


def load(
    model: Any,
    name: str | None = None,
    *,
    bind: Mapping[str, Array] | None = None,
    sizes: Mapping[str, int] | None = None,
    input_layout: str = "onnx",
) -> Graph:
    """The Graph of a .tflite or .onnx file (path), of a Keras 3 model, or a Graph itself.

    `name` defaults to the file's name. For .onnx files `bind` makes inputs constants, `sizes` fixes symbolic
    dimensions, and `input_layout` "nhwc" gives inputs of rank 4 that order. Raises ModelFormatError, UnsupportedError
    or UsageError.
    """
    if isinstance(model, str | Path) and Path(model).suffix.lower() == ".onnx":
        return _load_onnx(Path(model), name, bind, sizes, input_layout)
    if bind or sizes or input_layout != "onnx":
        raise UsageError("bind, size and input layout are for .onnx files. Leave them out.")
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


def _load_onnx(
    path: Path,
    name: str | None,
    bind: Mapping[str, Array] | None,
    sizes: Mapping[str, int] | None,
    input_layout: str,
) -> Graph:
    from edgeml.frontends.onnx import from_onnx

    data = read_bytes(path, "model")
    return from_onnx(
        data,
        str(path),
        name or _identifier(path.stem),
        folder=path.parent,
        bind=bind,
        sizes=sizes,
        input_layout=input_layout,
    )


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_") or "model"
