"""Stored Keras models become graphs that compute what Keras computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.frontends import load
from edgeml.frontends.quiet import silenced
from edgeml.interpreter import run_single
from tests.frontends import stored

pytestmark = pytest.mark.needs_tensorflow


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    with silenced():
        return require(request.param, "keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_a_stored_model_computes_the_same(keras: Any, suffix: str, tmp_path: Path) -> None:
    model = stored.classifier(keras)
    path = stored.save(model, tmp_path / "my-model.h5")
    if suffix == ".hdf5":
        path = path.rename(path.with_suffix(suffix))
    elif suffix == ".keras":
        path = stored.save(model, tmp_path / "my-model.keras")
    x = np.random.default_rng(1).random((5, 8, 8, 3), np.float32)
    graph = load(path)
    assert graph.name == "my_model" and graph.inputs == ("image",)
    np.testing.assert_allclose(run_single(graph, x), model(x, training=False).numpy(), atol=1e-6)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_trained_model_brings_its_optimizer_along(keras: Any, suffix: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, name="dense")])
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    graph = load(stored.save(model, tmp_path / f"m{suffix}"))
    x = np.random.default_rng(1).random((5, 4), np.float32)
    np.testing.assert_allclose(run_single(graph, x), model(x, training=False).numpy(), atol=1e-6)


def test_keras_operations_between_tensors(tmp_path: Path) -> None:
    keras = require("keras", "keras")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.ops.concatenate([keras.ops.relu(x * 2.0 + 1.0), x], axis=-1))
    graph = load(stored.save(model, tmp_path / "m.keras"))
    data = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
    np.testing.assert_allclose(run_single(graph, data), model(data).numpy(), atol=1e-6)


def test_tensorflow_functions_in_a_keras_2_file(tmp_path: Path) -> None:
    keras = require("tf_keras", "keras")
    x = keras.layers.Input((4,), name="x")
    model = keras.Model(x, x * 2.0 + 1.0)
    for suffix in (".keras", ".h5"):
        graph = load(stored.save(model, tmp_path / f"m{suffix}"))
        data = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
        np.testing.assert_allclose(run_single(graph, data), model(data).numpy(), atol=1e-6)


def test_weights_alone_are_not_a_model(tmp_path: Path) -> None:
    keras = require("tf_keras", "keras")
    stored.classifier(keras).save_weights(str(tmp_path / "w.h5"))
    with pytest.raises(UnsupportedError, match="holds weights without a model"):
        load(tmp_path / "w.h5")


def test_reading_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = stored.save(stored.classifier(require("keras", "keras")), tmp_path / "m.keras")
    capfd.readouterr()
    load(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_truncated_files_are_refused(suffix: str, share: float, tmp_path: Path) -> None:
    path = stored.save(stored.classifier(require("keras", "keras")), tmp_path / f"m{suffix}")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ModelFormatError, match=r"damaged|does not belong|holds config.json"):
        load(path)


def test_what_keras_cannot_rebuild_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(stored.archive(stored.sequential(stored.layer("Dense", units="many"))))
    with pytest.raises(UnsupportedError, match="cannot rebuild the model"):
        load(path)


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "SimpleRNN"])
def test_loops_over_time_steps(keras: Any, layer: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((4, 3)), getattr(keras.layers, layer)(2), keras.layers.Dense(2)])
    graph = load(stored.save(model, tmp_path / "m.keras"))
    x = np.random.default_rng(1).standard_normal((3, 4, 3)).astype(np.float32)
    np.testing.assert_allclose(run_single(graph, x), model(x, training=False).numpy(), atol=1e-6)


def test_what_tf2onnx_made_of_a_keras_model(tmp_path: Path) -> None:
    tf2onnx = pytest.importorskip("tf2onnx", reason="tf2onnx is not installed")
    tensorflow = require("tensorflow", "keras")
    model = stored.classifier(require("tf_keras", "keras"))
    spec = tensorflow.TensorSpec((1, 8, 8, 3), tensorflow.float32, name="image")
    with silenced():
        function = tensorflow.function(lambda x: model(x, training=False), input_signature=[spec])
        tf2onnx.convert.from_function(function, [spec], opset=17, output_path=str(tmp_path / "m.onnx"))
    x = np.random.default_rng(1).random((3, 8, 8, 3), np.float32)
    np.testing.assert_allclose(run_single(load(tmp_path / "m.onnx"), x), model(x, training=False).numpy(), atol=1e-5)
