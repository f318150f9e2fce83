"""Keras models become graphs that compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.frontends import load
from edgeml.frontends.keras import keras_to_tflite
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_single

pytestmark = pytest.mark.needs_tensorflow


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


def test_a_sequential_model_computes_the_same(keras: Any) -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, strides=2, activation="relu", padding="same"),
            keras.layers.DepthwiseConv2D(3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ],
        name="own",
    )
    x = np.random.default_rng(0).random((6, 8, 8, 3), np.float32)
    graph = load(model)
    assert graph.name == "own" and graph.input_tensors[0].shape == (1, 8, 8, 3)
    np.testing.assert_allclose(run_single(graph, x), model(x, training=False).numpy(), atol=1e-6)


def test_converters_print_nothing(keras: Any, capfd: pytest.CaptureFixture[str]) -> None:
    keras_to_tflite(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]))
    assert capfd.readouterr().out == ""


def test_conversion_is_repeatable(keras: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    assert keras_to_tflite(model) == keras_to_tflite(model)


def test_open_shapes_are_refused(keras: Any) -> None:
    model = keras.Sequential([keras.Input((None, 4)), keras.layers.Dense(2)], name="open")
    with pytest.raises(UnsupportedError, match=r"Keras model 'open': input .* must have a fixed shape"):
        keras_to_tflite(model)


def test_a_model_without_inputs_is_refused(keras: Any) -> None:
    with pytest.raises(UnsupportedError, match="its input shape is unknown"):
        keras_to_tflite(keras.Sequential([keras.layers.Dense(2)]))


def test_several_inputs_keep_their_names(keras: Any) -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], keras.layers.Add()([a, b]))
    graph = from_litert(keras_to_tflite(model))
    assert sorted(graph.inputs) == ["a", "b"]
