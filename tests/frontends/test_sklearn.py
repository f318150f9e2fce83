"""Fitted scikit-learn models become graphs that say what the model says: reference, C on this machine, ONNX Runtime."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.backends import onnx
from edgeml.errors import ModelFormatError, UnsupportedError, UsageError
from edgeml.extras import available
from edgeml.frontends import load
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run, run_single
from edgeml.passes import canonicalize
from edgeml.pipeline.artifacts import make_variant
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.frontends.sklearn_models import MODELS, data_set, expected, fitted

pytestmark = pytest.mark.needs_sklearn
BOUND = 2e-5


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_model(name: str) -> None:
    model, x = fitted(name)
    graph = load(model)
    want = expected(model, x)
    got = run_single(graph, x).reshape(want.shape)
    np.testing.assert_allclose(got, want, rtol=BOUND, atol=BOUND * max(1.0, float(np.abs(want).max())))
    assert graph.labels == tuple(str(c) for c in getattr(model, "classes_", ()))
    if hasattr(model, "classes_") and want.ndim == 2:
        predicted = np.asarray(graph.labels)[got.argmax(axis=1)]
        agree = predicted == model.predict(x).astype(str)
        # a tie of two classes to the last bit may go either way
        assert agree.mean() >= 0.995


@pytest.mark.needs_cc
@pytest.mark.parametrize("name", MODELS)
def test_exports_compute_the_same(name: str, tmp_path: Path) -> None:
    from edgeml.bench.sessions import open_session

    model, x = fitted(name)
    graph = canonicalize(load(model))
    want = run_single(graph, x[:40])
    scale = max(1.0, float(np.abs(want).max()))
    variant = make_variant(name, graph, tmp_path)
    host = open_session(variant, "host", "gcc").run(x[:40])
    np.testing.assert_allclose(host, want, rtol=1e-5, atol=1e-5 * scale)
    if any(n.op == "tree_ensemble" for n in graph.nodes) and len(graph.nodes) == 1:
        np.testing.assert_array_equal(host, want)
    assert variant.onnx is not None
    found = np.concatenate([OnnxRuntimeTarget(variant.onnx).run_once([row[None]])[0] for row in x[:40]])
    np.testing.assert_allclose(found.reshape(want.shape), want, rtol=1e-5, atol=1e-5 * scale)


def test_an_export_with_trees_is_read_back(tmp_path: Path) -> None:
    model, x = fitted("forest of classes")
    graph = load(model)
    again = from_onnx(onnx.emit(graph))
    np.testing.assert_array_equal(run_single(again, x), run_single(graph, x))
    assert again.labels == graph.labels


def test_names_of_classes_are_labels() -> None:
    graph = load(fitted("forest of named classes")[0])
    assert graph.labels == ("setosa", "versicolor", "virginica")


def test_litert_says_why_it_has_no_trees(tmp_path: Path) -> None:
    variant = make_variant("m", load(fitted("forest of classes")[0]), tmp_path)
    assert "LiteRT has no builtin for decision trees" in variant.missing["litert"]
    assert variant.onnx is not None and variant.library is not None


def test_an_onnx_file_as_skl2onnx_writes_it(tmp_path: Path) -> None:
    """With the label first and the scores as dictionaries: the label becomes an integer, the scores stay an array."""
    import skl2onnx

    for name in ("forest of named classes", "forest of classes", "logistic regression"):
        model, x = fitted(name)
        path = tmp_path / "m.onnx"
        path.write_bytes(skl2onnx.to_onnx(model, x[:1], target_opset={"": 18, "ai.onnx.ml": 3}).SerializeToString())
        graph = load(path)
        found = [run(graph, {graph.inputs[0]: row[None]}) for row in x[:20]]
        label, scores = ([f[n] for f in found] for n in graph.outputs)
        np.testing.assert_allclose(np.concatenate(scores), model.predict_proba(x[:20]), atol=1e-5)
        indices = np.concatenate([v.reshape(-1) for v in label])
        names = np.asarray(graph.labels)[indices] if graph.labels else indices
        assert (names == model.predict(x[:20])).all()


def test_a_model_that_is_not_fitted_is_refused() -> None:
    from sklearn.tree import DecisionTreeClassifier

    with pytest.raises(UnsupportedError, match="is not fitted"):
        load(DecisionTreeClassifier())


def test_what_skl2onnx_cannot_convert_is_said_in_one_line() -> None:
    from sklearn.linear_model import LogisticRegression

    class Mine(LogisticRegression):
        pass

    x, y = data_set("iris")
    with pytest.raises(UnsupportedError, match="skl2onnx cannot convert it") as caught:
        load(Mine().fit(x, y))
    assert "\n" not in str(caught.value)


class Evil:
    """A pickle that runs a command when it is opened."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (subprocess.call, (["touch", str(self.marker)],))


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".pt", ".pth"])
def test_a_pickle_is_opened_only_on_trust(suffix: str, tmp_path: Path) -> None:
    import pickle

    path, marker = tmp_path / f"m{suffix}", tmp_path / "marker"
    path.write_bytes(pickle.dumps(Evil(marker)))
    with pytest.raises(UsageError, match=r"is a pickle.*--trust-pickle"):
        load(path)
    assert not marker.exists()
    if suffix in (".pt", ".pth") and not available("torch"):
        return
    with pytest.raises((UsageError, ModelFormatError)):
        load(path, trust_pickle=True)
    # so that the file above is a real attack
    assert marker.exists() or suffix in (".pt", ".pth")


@pytest.mark.parametrize("suffix", [".pkl", ".joblib"])
def test_trusted_pickles_are_models(suffix: str, tmp_path: Path) -> None:
    import pickle

    import joblib

    model, x = fitted("tree of numbers")
    path = tmp_path / f"my-tree{suffix}"
    if suffix == ".pkl":
        path.write_bytes(pickle.dumps(model))
    else:
        joblib.dump(model, path)
    graph = load(path, trust_pickle=True)
    assert graph.name == "my_tree"
    np.testing.assert_allclose(run_single(graph, x).reshape(-1), model.predict(x), rtol=1e-5)


def test_a_damaged_pickle_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelFormatError, match="cannot be opened"):
        load(path, trust_pickle=True)
