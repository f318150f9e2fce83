"""Both frameworks on a tiny task: they learn, repeat themselves, resume, prune and export what they learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import DataError
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_single
from edgeml.training import zoo as zoo_module
from edgeml.training.checkpoint import load_arrays
from edgeml.training.zoo import Trained, fine_tune_pruned, make_learner, train
from tests.training.tiny import stripes, tiny_model

DATA = stripes()
FRAMEWORKS = [
    pytest.param("keras", marks=pytest.mark.needs_tensorflow),
    pytest.param("jax", marks=[pytest.mark.needs_jax, pytest.mark.needs_tensorflow]),
]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp(request.param)
    model = tiny_model(folder / "models" / "tiny", request.param)
    return model, train(model, DATA, folder=folder / "dense", seed=1, quiet=True), folder


def test_the_task_is_learned(done: Any) -> None:
    _, trained, _ = done
    assert trained.float_accuracy == 1.0 and len(trained.history) == 4 and trained.sparsity is None
    assert trained.history[-1]["loss"] < trained.history[0]["loss"]


def test_the_tflite_file_computes_what_was_trained(done: Any) -> None:
    model, trained, _ = done
    learner = make_learner(model, 0)
    learner.load_weights(load_arrays(trained.weights_path))
    graph = from_litert(trained.tflite_path.read_bytes())
    assert graph.nodes[-1].op == "softmax"
    np.testing.assert_allclose(run_single(graph, DATA.x_test), learner.predict(DATA.x_test), atol=1e-6)


def test_a_seed_gives_the_same_bits_and_another_seed_others(done: Any, tmp_path: Path) -> None:
    model, trained, _ = done
    again = train(model, DATA, folder=tmp_path / "again", seed=1, quiet=True)
    assert again.weights_path.read_bytes() == trained.weights_path.read_bytes()
    assert again.tflite_path.read_bytes() == trained.tflite_path.read_bytes()
    other = make_learner(model, 2).weights()
    first = load_arrays(trained.weights_path)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_an_interrupted_training_ends_with_the_same_bits(
    done: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, trained, _ = done

    def interrupted(config: Any, seed: int) -> Any:
        learner = make_learner(config, seed)
        step, calls = learner.train_batch, []

        def stopping(*arguments: Any) -> float:
            calls.append(1)
            if len(calls) == 20:
                raise KeyboardInterrupt
            return step(*arguments)

        learner.train_batch = stopping  # type: ignore[method-assign]
        return learner

    with monkeypatch.context() as patch:
        patch.setattr(zoo_module, "make_learner", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(model, DATA, folder=tmp_path, seed=1, quiet=True)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]
    resumed = train(model, DATA, folder=tmp_path, seed=1, quiet=True)
    assert resumed.history == trained.history
    assert resumed.weights_path.read_bytes() == trained.weights_path.read_bytes()
    assert resumed.tflite_path.read_bytes() == trained.tflite_path.read_bytes()
    assert not (tmp_path / "checkpoint.npz").exists()


def test_pruning_zeroes_kernels_alone_and_fine_tunes(done: Any, tmp_path: Path) -> None:
    model, trained, _ = done
    pruned: Trained = fine_tune_pruned(model, DATA, trained, folder=tmp_path, seed=1, quiet=True)
    assert pruned.float_accuracy >= 0.9 and pruned.sparsity is not None
    weights = load_arrays(pruned.weights_path)
    for name, share in pruned.sparsity.items():
        assert share == pytest.approx(0.6, abs=0.03)
        assert weights[name].ndim >= 2
    dense = load_arrays(trained.weights_path)
    name = next(iter(pruned.sparsity))
    kept = weights[name] != 0
    assert not np.array_equal(weights[name][kept], dense[name][kept])
    graph = from_litert(pruned.tflite_path.read_bytes())
    zeros = [float(np.mean(t.data == 0)) for t in graph.constants if t.data is not None and t.data.ndim >= 2]
    assert min(zeros) == pytest.approx(0.6, abs=0.03)


def test_another_number_of_classes_is_refused(done: Any, tmp_path: Path) -> None:
    from edgeml.data.dataset import make_dataset

    model, _, _ = done
    part = (DATA.x_test, DATA.y_test)
    three = make_dataset("three", part, part, ("a", "b", "c"))
    with pytest.raises(DataError, match=r"tells 2 classes apart\. Data set 'three' has 3"):
        train(model, three, folder=tmp_path, seed=0, quiet=True)


def test_the_dense_model_teaches_the_pruned_one(done: Any, tmp_path: Path) -> None:
    model, trained, _ = done
    assert model.prune is not None
    # no label counts: what is learned are the dense model's answers
    taught = replace(model, prune=replace(model.prune, distill=1.0))
    wrong = replace(DATA, y_train=1 - DATA.y_train)
    pruned = fine_tune_pruned(taught, wrong, trained, folder=tmp_path / "taught", seed=1, quiet=True)
    misled = fine_tune_pruned(model, wrong, trained, folder=tmp_path / "misled", seed=1, quiet=True)
    assert pruned.history[0]["loss"] < 0.5 * misled.history[0]["loss"]
    assert pruned.float_accuracy > 0.9
