"""The zoo's models keep to their sizes and convert to operators that edgeml compiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.data import load_dataset
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_single
from edgeml.training.zoo import make_learner, read_zoo_model, train

LIMITS = {"xor_mlp": 100, "mnist_mlp": 100_000, "mnist_cnn": 40_000, "animals_cnn": 90_000}


@pytest.mark.needs_tensorflow
@pytest.mark.needs_jax
@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_zoo_model_converts_and_keeps_to_its_size(name: str) -> None:
    zoo = read_zoo_model(name)
    learner = make_learner(zoo, 0)
    assert learner.parameters() <= LIMITS[name]
    x = np.random.default_rng(0).random((4, *zoo.input_shape), np.float32)
    graph = from_litert(learner.to_tflite())
    assert graph.nodes[-1].op == "softmax"
    np.testing.assert_allclose(run_single(graph, x), learner.predict(x), atol=1e-6)


@pytest.mark.needs_jax
@pytest.mark.needs_tensorflow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_xor_is_learned_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    trained = train(read_zoo_model("xor_mlp"), load_dataset("xor"), folder=tmp_path, seed=seed, quiet=True)
    assert trained.float_accuracy == 1.0
