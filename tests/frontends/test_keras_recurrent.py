"""Recurrent layers of Keras: loops, unrolled layers, and the fused LSTM of Keras 2."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.backends import c99
from edgeml.frontends import load
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run
from edgeml.targets.host import HostTarget

pytestmark = pytest.mark.needs_tensorflow
X = np.random.default_rng(0).normal(size=(4, 8, 5)).astype(np.float32)


def test_stacked_lstm_and_gru_layers_of_keras_3(tmp_path: Path) -> None:
    """One model with all forms: a loop that lists its results, one unrolled layer, one loop that keeps the last."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    x = inputs = keras.Input((8, 5))
    for layer in (
        layers.LSTM(6, return_sequences=True),
        layers.GRU(5, return_sequences=True, unroll=True),
        layers.GRU(4),
        layers.Dense(3),
    ):
        x = layer(x)
    model = keras.Model(inputs, x)
    want = model(X).numpy()
    graph = load(model)
    np.testing.assert_allclose(run(graph, {graph.inputs[0]: X})[graph.outputs[0]], want, atol=1e-5)
    if shutil.which("gcc"):
        c99.emit(graph, tmp_path / "c")
        np.testing.assert_allclose(HostTarget(tmp_path / "c", "gcc").run(X), want, atol=1e-5)


def test_the_fused_lstm_of_keras_2() -> None:
    keras: Any = pytest.importorskip("tf_keras", reason="needs tf-keras")
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 5), batch_size=1)
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.LSTM(6)(inputs)))
    concrete = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec((1, 8, 5), tf.float32))
    graph = from_litert(tf.lite.TFLiteConverter.from_concrete_functions([concrete], model).convert())
    assert graph.nodes[0].op == "unidirectional_sequence_lstm" and len(graph.states) == 2
    want = np.concatenate([model(x[np.newaxis]).numpy() for x in X])
    np.testing.assert_allclose(run(graph, {graph.inputs[0]: X})[graph.outputs[0]], want, atol=1e-5)
