"""A JAX function and its parameters as a float32 .tflite file, through jax2tf and TensorFlow's converter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml.extras import require
from edgeml.frontends.keras import convert
from edgeml.frontends.quiet import import_tensorflow, silenced


def jax_to_tflite(function: Callable[[Any, Any], Any], params: Any, input_shape: tuple[int, ...]) -> bytes:
    """Bytes of a float32 .tflite file of `function(params, x)` with x of (1, *input_shape).

    `params` is any tree of arrays, which become constants. Raises UnsupportedError when the function does not
    convert to LiteRT's own operators.
    """
    tensorflow = import_tensorflow()
    jax2tf = require("jax.experimental.jax2tf", "jax")
    spec = tensorflow.TensorSpec((1, *input_shape), tensorflow.float32, name="input")

    def inference(x: Any) -> Any:
        return function(params, x)

    with silenced():
        converted = jax2tf.convert(inference, with_gradient=False)
        concrete = tensorflow.function(converted, input_signature=[spec], autograph=False).get_concrete_function()
        return convert(tensorflow, concrete, f"JAX function '{getattr(function, '__name__', 'model')}'")
