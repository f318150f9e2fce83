"""Models that give values or find anomalies are measured by what they are for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score, root_mean_squared_error

from edgeml.bench.tasks import anomaly_scores, auc, check_truth, measure, task_of
from edgeml.errors import DataError
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.report import format as f


def _dense(features: int, outputs: int) -> Graph:
    b = GraphBuilder("dense", OPS)
    w = b.constant("w", np.eye(outputs, features, dtype=np.float32))
    return b.build([b.add("fully_connected", [b.input("x", (1, features)), w, ""], FullyConnectedAttrs(), name="y")])


def test_labels_and_outputs_show_the_task() -> None:
    assert task_of(_dense(6, 3), np.array([0, 2, 1])) == "classes"
    assert task_of(_dense(6, 6), np.array([0, 1, 1])) == "anomalies"
    assert task_of(_dense(6, 6), np.array([0, 5, 1])) == "classes"
    assert task_of(_dense(2, 2), np.array([0, 1])) == "classes"
    assert task_of(_dense(6, 1), np.array([0.5, 1.0])) == "values"


def test_the_area_under_the_curve_is_scikit_learn_s() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 300)
    scores = np.round(rng.normal(size=300) + truth, 1)  # with ties
    assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_anomalies_are_what_the_model_gives_back_badly() -> None:
    rng = np.random.default_rng(0)
    x, truth = rng.normal(size=(200, 6)), rng.integers(0, 2, 200)
    exact = x + (0.1 + 0.1 * truth[:, None]) * rng.normal(size=x.shape)
    noisy = exact + rng.normal(size=x.shape)
    found = measure("anomalies", noisy, x, truth, exact)
    assert found.metric == "auc" and found.n == 200
    assert found.value == pytest.approx(roc_auc_score(truth, anomaly_scores(noisy, x)))
    assert found.float_value == pytest.approx(roc_auc_score(truth, anomaly_scores(exact, x)))
    assert found.ci95[0] < found.value < found.ci95[1] and found.delta_ci95[1] < 0
    assert f.verdict(found).startswith("worse than float32")
    same = measure("anomalies", exact, x, truth, exact)
    assert f.verdict(same).startswith("not shown to be worse")


def test_values_are_measured_by_their_errors() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(150, 2))
    got = truth + 0.2 * rng.normal(size=truth.shape)
    found = measure("values", got.astype(np.float32), truth, truth, truth)
    assert found.value == pytest.approx(root_mean_squared_error(truth.ravel(), got.ravel()), rel=1e-5)
    assert found.mae == pytest.approx(mean_absolute_error(truth, got), rel=1e-5)
    assert found.r2 == pytest.approx(r2_score(truth, got, multioutput="variance_weighted"), rel=1e-4)
    assert found.ci95[0] < found.value < found.ci95[1] and found.flips is None
    assert f.verdict(found).startswith("worse than float32")
    assert f.figure(found).startswith("RMSE 0.19") and f.errors(found).startswith("MAE 0.1")


def test_values_of_another_number_are_refused() -> None:
    with pytest.raises(DataError, match="float labels must be 3 finite values"):
        check_truth(_dense(6, 3), np.zeros((4, 2)))


def test_one_kind_of_sample_has_no_curve() -> None:
    with pytest.raises(DataError, match="both kinds"):
        auc(np.arange(3.0), np.zeros(3, int))
