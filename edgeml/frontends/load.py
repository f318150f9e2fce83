"""One door for every model: a path or an object becomes a Graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from edgeml.errors import ModelFormatError, UsageError
from edgeml.files import read_bytes
from edgeml.frontends.litert import from_litert
from edgeml.frontends.trusted_pickle import PICKLES, load_trusted
from edgeml.ir import Array, Graph

SAVED_MODEL = "saved_model.pb"


def load(
    model: Any,
    name: str | None = None,
    *,
    bind: Mapping[str, Array] | None = None,
    sizes: Mapping[str, int] | None = None,
    input_layout: str = "onnx",
    example: Any = None,
    trust_pickle: bool = False,
    real: bool = False,
) -> Graph:
    """The Graph of a model file or SavedModel folder (path), of a Keras, PyTorch or scikit-learn model, or a Graph.

    `name` defaults to the file's name. For .onnx files and PyTorch `bind` makes inputs constants, `sizes` fixes
    symbolic dimensions, and `input_layout` "nhwc" gives inputs of rank 4 that order. PyTorch modules need an `example`:
    the shape of their input with its batch of 1, an array, or a list of these. Files that are pickles are opened, and
    the code in them run, only when `trust_pickle` says so. `real` reads a quantised .tflite file as its real values, a
    float32 graph. Raises ModelFormatError, UnsupportedError or UsageError.
    """
    source, options = "model", {"bind": bind, "sizes": sizes, "input_layout": input_layout}
    if isinstance(model, str | Path):
        path = Path(model)
        source, name = str(path), name or _identifier(path.stem)
        if path.suffix.lower() == ".onnx":
            return _onnx_graph(read_bytes(path, "model"), source, name, options, path.parent)
        if path.suffix.lower() not in PICKLES:
            _refuse(options, example, source)
            return _load_path(path, name, real)
        model = load_trusted(path, trust_pickle)
    framework = _framework(model)
    if framework == "torch":
        from edgeml.frontends.pytorch import torch_to_onnx

        return _onnx_graph(torch_to_onnx(model, example), source, name or _identifier(type(model).__name__), options)
    _refuse(options, example, source)
    if isinstance(model, Graph):
        return model
    if framework == "keras":
        return _keras_graph(model, "Keras model", name or _identifier(str(model.name)))
    if framework == "sklearn":
        from edgeml.frontends.sklearn import sklearn_to_onnx

        data, labels = sklearn_to_onnx(model)
        graph = _onnx_graph(data, source, name or _identifier(type(model).__name__), {})
        return replace(graph, labels=labels or graph.labels)
    raise UsageError(
        f"cannot load a model from {type(model).__name__}. Give a path, a Keras, PyTorch or scikit-learn model, or a "
        "Graph."
    )


def _framework(model: Any) -> str:
    """The framework whose model this is, by its classes' modules; no framework is imported for it."""
    for cls in type(model).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in ("keras", "tf_keras", "tensorflow"):
            return "keras"
        if root in ("torch", "sklearn"):
            return root
    return ""


def _refuse(options: Mapping[str, Any], example: Any, source: str) -> None:
    if options["bind"] or options["sizes"] or options["input_layout"] != "onnx":
        raise UsageError("bind, size and input layout are for .onnx files and PyTorch modules. Leave them out.")
    if example is not None:
        raise UsageError(f"'{source}': an example is for PyTorch modules. Leave it out.")


def _load_path(path: Path, name: str, real: bool) -> Graph:
    if path.is_dir():
        return _load_folder(path, name)
    data = read_bytes(path, "model")
    if path.suffix.lower() == ".tflite":
        return from_litert(data, str(path), name, real=real)
    loader = _LOADERS.get(path.suffix.lower())
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


def _onnx_graph(data: bytes, source: str, name: str, options: Mapping[str, Any], folder: Path | None = None) -> Graph:
    from edgeml.frontends.onnx import from_onnx

    return from_onnx(data, source, name, folder=folder, **options)


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
