"""Other people's converters of the same Keras model as oracles for our float32 exports."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.needs_tensorflow]

RTOL, ATOL = 1e-4, 1e-5


@pytest.fixture(scope="module")
def keras_model() -> Any:
    """Convolution with batch normalisation, depthwise, pools, flatten, dense: trained by nobody, deterministic."""
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.layers.Input((16, 14, 3), name="image"),
            keras.layers.Conv2D(8, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
            keras.layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu6"),
            keras.layers.Conv2D(10, 1, activation="tanh"),
            keras.layers.AveragePooling2D(2, strides=1, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(12, activation="sigmoid"),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    # batch normalisation of a fresh model does nothing; give it something to fold
    rng = np.random.default_rng(4)
    norm = model.layers[1]
    norm.set_weights([rng.uniform(0.5, 1.5, 8), rng.normal(0, 0.3, 8), rng.normal(0, 0.3, 8), rng.uniform(0.5, 2, 8)])
    return model


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(20, 16, 14, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def expected(keras_model: Any, samples: np.ndarray) -> np.ndarray:
    return np.asarray(keras_model(samples))


@pytest.fixture(scope="module")
def graph(keras_model: Any) -> Any:
    from edgeml.frontends import load
    from edgeml.passes import canonicalize

    return canonicalize(load(keras_model))


def test_our_onnx_equals_tf2onnx(
    keras_model: Any, graph: Any, samples: np.ndarray, expected: np.ndarray, capfd: pytest.CaptureFixture[str]
) -> None:
    import tensorflow as tf
    import tf2onnx

    from edgeml.backends.onnx import emit
    from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

    signature = [tf.TensorSpec((1, 16, 14, 3), tf.float32, name="image")]
    theirs, _ = tf2onnx.convert.from_function(
        tf.function(lambda image: keras_model(image, training=False)), input_signature=signature, opset=17
    )
    want = OnnxRuntimeTarget(theirs.SerializeToString()).run(samples)
    ours = emit(graph)
    onnx.checker.check_model(onnx.load_from_string(ours), full_check=True)
    got = OnnxRuntimeTarget(ours).run(samples)
    np.testing.assert_allclose(want, expected, rtol=RTOL, atol=ATOL)
    np.testing.assert_allclose(got, want, rtol=RTOL, atol=ATOL)
    assert got.std(axis=0).min() > 1e-4


def test_our_litert_equals_tflite_converter(
    keras_model: Any, graph: Any, samples: np.ndarray, expected: np.ndarray
) -> None:
    import tensorflow as tf

    from edgeml.backends.litert import emit
    from edgeml.targets.litert_runtime import LiteRTTarget

    theirs = tf.lite.TFLiteConverter.from_keras_model(keras_model).convert()
    want = LiteRTTarget(theirs).run(samples)
    got = LiteRTTarget(emit(graph)).run(samples)
    np.testing.assert_allclose(want, expected, rtol=RTOL, atol=ATOL)
    np.testing.assert_allclose(got, want, rtol=RTOL, atol=ATOL)


def test_our_int8_exports_agree_with_each_other_on_a_keras_model(graph: Any, samples: np.ndarray) -> None:
    """The same int8 graph in both runtimes; the average pool's documented ±1 may move the last outputs a little."""
    from edgeml.backends import litert, onnx
    from edgeml.quantize import quantize
    from edgeml.targets.litert_runtime import LiteRTTarget
    from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

    int8 = quantize(graph, samples).graph
    scale, zero_point = int8.input_tensors[0].type.scale, int8.input_tensors[0].type.zero_point
    x = np.clip(np.rint(samples / scale) + zero_point, -128, 127).astype(np.int8)
    a = LiteRTTarget(litert.emit(int8)).run(x).astype(int)
    b = OnnxRuntimeTarget(onnx.emit(int8)).run(x).astype(int)
    assert np.abs(a - b).max() <= 1
