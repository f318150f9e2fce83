"""A checked Keras configuration as a model, by the generation of Keras that wrote it."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.frontends.quiet import import_tensorflow, silenced


def keras_for(version: str, source: str) -> Any:
    """The module that reads files of Keras `version`: tf_keras for 2, keras for 3."""
    major = version.partition(".")[0]
    if major not in ("1", "2", "3"):
        raise UnsupportedError(f"'{source}': Keras version '{version}' is unknown; 2 and 3 are read. Save it again.")
    with silenced():
        return require("keras" if major == "3" else "tf_keras", "keras")


def rebuilt(deserialize: Callable[[], Any], load: Callable[[Any], Any], elements: int, source: str, keras: Any) -> Any:
    """The model of `deserialize`, its weights set by `load`, which returns the model with weights.

    The first run of `deserialize` is in a graph of TensorFlow, where variables have shapes and no memory: a
    configuration whose weights exceed the `elements` that the file holds is refused before anything is allocated.
    """
    tensorflow = import_tensorflow()
    try:
        with silenced():
            with tensorflow.Graph().as_default():
                planned = sum(prod(int(n) for n in w.shape) for w in deserialize().weights)
            _check_count(planned, elements, source)
            return load(deserialize())
    except EdgeMLError:
        raise
    except MemoryError:
        raise ModelFormatError(f"'{source}': the model does not fit into memory.") from None
    except Exception as error:  # Keras raises whatever its layers raise
        reason = " ".join((str(error).strip() or type(error).__name__).split())[:300]
        raise UnsupportedError(
            f"'{source}': Keras {keras.__version__} cannot rebuild the model ({reason}). Save it with this version."
        ) from None


def _check_count(planned: int, elements: int, source: str) -> None:
    if planned > elements:
        raise ModelFormatError(
            f"'{source}': the configuration describes {planned:,} weights, the file holds {elements:,}. Save it again."
        )
