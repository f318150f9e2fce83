"""What a model is for, as its labels and outputs show, and how good it is at that: classes, values, or anomalies.

Classes are compared by top-1 accuracy. Values (float labels) are compared by RMSE, MAE and R²; anomalies (0 and 1 for a
model that gives back its input) by the area under the ROC curve of the reconstruction error. Intervals of the latter
two come from resampling the samples (percentile bootstrap, always the same resamples).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from edgeml.bench.metrics import accuracy, check_labels, predictions
from edgeml.bench.record import Accuracy
from edgeml.errors import DataError
from edgeml.ir import Array, Graph

Task = Literal["classes", "values", "anomalies"]
_RESAMPLES = 500


def task_of(graph: Graph, y: Array) -> Task:
    """What labels `y` (N,) or (N, outputs) are to the graph's output."""
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return "values"
    x, output = graph.input_tensors[0].type, graph.output_tensors[0].type
    # a classifier with as many classes as features has labels beyond 1
    if output.elements == x.elements > 2 and len(y) and int(y.max()) <= 1:
        return "anomalies"
    return "classes"


def check_truth(graph: Graph, y: Array) -> Array:
    """Labels as the task needs them; DataError where they do not fit the graph's output."""
    y, elements = np.asarray(y), graph.output_tensors[0].type.elements
    task = task_of(graph, y)
    if task == "classes":
        return check_labels(y, elements)
    if task == "anomalies":
        return check_labels(y, 2)
    y = y.reshape(len(y), -1).astype(np.float64)
    if y.shape[1] != elements or not np.isfinite(y).all():
        raise DataError(
            f"float labels must be {elements} finite values a sample, as many as the model has outputs. Got "
            f"{y.shape[1]}. Give integers for classes."
        )
    return y


def measure(task: Task, outputs: Array, x: Array, truth: Array, float_outputs: Array | None = None) -> Accuracy:
    """How good `outputs` (N, …), real, are, with the paired comparison where there are `float_outputs`.

    `x` (N, …) are the model's real inputs, `truth` comes from `check_truth`.
    """
    if task == "classes":
        base = None if float_outputs is None else predictions(float_outputs)
        return accuracy(predictions(outputs), truth, base)
    if task == "values":
        got, base = (None if o is None else o.reshape(truth.shape).astype(np.float64) for o in (outputs, float_outputs))
        assert got is not None
        found = _measured("rmse", lambda v, t: float(np.sqrt(np.mean(np.square(v - t)))), got, truth, base)
        return _with_errors(found, got, truth)
    scores = [None if o is None else anomaly_scores(o, x) for o in (outputs, float_outputs)]
    assert scores[0] is not None
    return _measured("auc", auc, scores[0], truth, scores[1])


def anomaly_scores(outputs: Array, x: Array) -> Array:
    """Mean squared difference between each input and what the model makes of it, float64 (N,)."""
    flat = outputs.reshape(len(outputs), -1).astype(np.float64)
    return np.asarray(np.square(flat - x.reshape(flat.shape)).mean(axis=1))


def auc(scores: Array, truth: Array) -> float:
    """Area under the ROC curve: the chance that an anomaly (1) scores above a normal sample (0), ties half."""
    positive = int(np.count_nonzero(truth))
    negative = len(truth) - positive
    if not positive or not negative:
        raise DataError("the area under the curve needs samples of both kinds, 0 (normal) and 1 (anomaly).")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # equal scores share the mean of their ranks
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[np.asarray(truth) == 1].sum() - positive * (positive + 1) / 2.0) / (positive * negative))


def _with_errors(found: Accuracy, got: Array, truth: Array) -> Accuracy:
    spread = float(np.square(truth - truth.mean(axis=0)).sum())
    r2 = 1.0 - float(np.square(got - truth).sum()) / spread if spread > 0 else None
    return replace(found, mae=float(np.abs(got - truth).mean()), r2=r2)


def _measured(
    metric: str, figure: Callable[[Array, Array], float], got: Array, truth: Array, base: Array | None
) -> Accuracy:
    value = figure(got, truth)
    rng = np.random.default_rng(0)
    values, deltas = [], []
    for _ in range(_RESAMPLES):
        chosen = rng.integers(0, len(truth), len(truth))
        if metric == "auc" and len(set(truth[chosen].tolist())) < 2:
            continue
        values.append(figure(got[chosen], truth[chosen]))
        if base is not None:
            deltas.append(values[-1] - figure(base[chosen], truth[chosen]))
    ci95 = _interval(values) if values else (value, value)
    if base is None:
        return Accuracy(metric, value, len(truth), ci95)
    exact = figure(base, truth)
    return Accuracy(
        metric, value, len(truth), ci95, exact, value - exact, delta_ci95=_interval(deltas) if deltas else None
    )


def _interval(values: list[float]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
