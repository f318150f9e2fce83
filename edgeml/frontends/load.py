"""One door for every model: a path or an object becomes a Graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edgeml.errors import ModelFormatError, UsageError
from edgeml.files import read_bytes
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array, Graph

SAVED_MODEL = "saved_model.pb"
# formats of scikit-learn and PyTorch that are pickles inside
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt")


def load(
    model: Any,
    name: str | None = None,
    *,
    bind: Mapping[str, Array] | None = None,
    sizes: Mapping[str, int] | None = None,
    input_layout: str = "onnx",
) -> Graph:
    """The Graph of a model file or SavedModel folder (path), of a Keras model, or a Graph itself.

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
        return _load_path(Path(model), name)
    if type(model).__module__.partition(".")[0] in ("keras", "tf_keras", "tensorflow"):
        return _keras_graph(model, "Keras model", name or _identifier(str(model.name)))
    raise UsageError(f"cannot load a model from {type(model).__name__}. Give a path, a Keras model or a Graph.")


def _load_path(path: Path, name: str | None) -> Graph:
    name = name or _identifier(path.stem)
    if path.is_dir():
        return _load_folder(path, name)
    data = read_bytes(path, "model")
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        raise UsageError(
            f"model '{path}' is a pickle, which can run any code when it is opened. If you trust it, load it in Python "
            "and give the object to edgeml.load."
        )
    loader = _LOADERS.get(suffix)
    if loader is None:
        known = ", ".join((*_LOADERS, ".onnx"))
        raise ModelFormatError(
            f"model '{path}' has the suffix '{path.suffix}'; edgeml reads {known} and SavedModel folders. Convert it, "
            "or rename it if the suffix is wrong."
        )
    return loader(data, str(path), name)


def _load_folder(path: Path, name: str) -> Graph:
    if not (path / SAVED_MODEL).is_file():
        raise ModelFormatError(f"model '{path}' is a folder without {SAVED_MODEL}. Give a file or a SavedModel folder.")
    from edgeml.frontends.saved_model import saved_model_to_tflite

    return from_litert(saved_model_to_tflite(path), str(path), name)


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


def _load_keras(data: bytes, source: str, name: str) -> Graph:
    from edgeml.frontends.keras_files import load_archive

    return _keras_graph(load_archive(data, source), source, name)


def _load_hdf5(data: bytes, source: str, name: str) -> Graph:
    from edgeml.frontends.keras_files import load_hdf5

    return _keras_graph(load_hdf5(data, source), source, name)


def _keras_graph(model: Any, source: str, name: str) -> Graph:
    from edgeml.frontends.keras import keras_to_tflite

    return from_litert(keras_to_tflite(model), source, name)


def _identifier(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_") or "model"


_LOADERS: Mapping[str, Callable[[bytes, str, str], Graph]] = MappingProxyType(
    {
        ".tflite": from_litert,
        ".keras": _load_keras,
        ".h5": _load_hdf5,
        ".hdf5": _load_hdf5,
    }
)
