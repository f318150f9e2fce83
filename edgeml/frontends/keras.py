"""A Keras 3 model (TensorFlow backend) as a float32 .tflite file, by TensorFlow's converter."""

from __future__ import annotations

from typing import Any

from edgeml.errors import UnsupportedError
from edgeml.extras import require
from edgeml.frontends.quiet import import_tensorflow, silenced


def keras_to_tflite(model: Any) -> bytes:
    """Bytes of a float32 .tflite file of `model` in inference mode, its batch fixed to 1.

    Raises UnsupportedError for a model without fixed input shapes, for one on another backend than TensorFlow, and
    for layers that the converter cannot express in LiteRT's own operators.
    """
    tensorflow = import_tensorflow()
    name = str(getattr(model, "name", "model"))
    _check_backend(model, name)
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise UnsupportedError(f"Keras model '{name}': its input shape is unknown. Build it with keras.Input first.")
    specs = [_spec(tensorflow, name, tensor) for tensor in inputs]

    def inference(*arguments: Any) -> Any:
        return model(list(arguments) if len(arguments) > 1 else arguments[0], training=False)

    with silenced():
        concrete = tensorflow.function(inference, input_signature=specs).get_concrete_function()
        # Keras 3 models are no trackable objects of TensorFlow: the converter would leave their variables variable
        return convert(tensorflow, frozen(concrete), f"Keras model '{name}'")


def frozen(concrete: Any) -> Any:
    """A concrete function with its variables made constant."""
    to_constants = require("tensorflow.python.framework.convert_to_constants", "keras")
    return to_constants.convert_variables_to_constants_v2(concrete)


def convert(tensorflow: Any, concrete: Any, what: str) -> bytes:
    """Bytes of the .tflite file of a concrete function without variables; `what` names it in errors."""
    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([concrete])
    try:
        data: bytes = converter.convert()
    except Exception as error:  # the converter raises many private types
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UnsupportedError(f"{what} cannot be converted to LiteRT ({reason}). Replace the layer.") from error
    return data


def _spec(tensorflow: Any, name: str, tensor: Any) -> Any:
    shape = tuple(tensor.shape)
    if any(size is None for size in shape[1:]):
        raise UnsupportedError(
            f"Keras model '{name}': input '{tensor.name}' must have a fixed shape. Got {shape}. Give all sizes but the "
            "batch in keras.Input."
        )
    return tensorflow.TensorSpec((1, *shape[1:]), tensor.dtype, name=str(tensor.name).split(":")[0])


def _check_backend(model: Any, name: str) -> None:
    if type(model).__module__.partition(".")[0] != "keras":
        return
    backend = require("keras", "keras").backend.backend()
    if backend != "tensorflow":
        raise UnsupportedError(
            f"Keras model '{name}' runs on the backend '{backend}'; edgeml converts the TensorFlow backend. Set "
            "KERAS_BACKEND=tensorflow."
        )
