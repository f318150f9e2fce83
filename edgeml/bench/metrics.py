"""From outputs to predictions, accuracy and the confusion matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.bench.record import Accuracy
from edgeml.bench.statistics import flips, mcnemar_p, paired_interval, wilson_interval
from edgeml.errors import DataError
from edgeml.ir import Array


def predictions(outputs: Array, threshold: float = 0.5) -> Array:
    """Class of each sample, int64 (N,), from real outputs (N, classes).

    Several outputs: the largest, the first on a tie. One output: class 1 above `threshold`.
    """
    flat = np.asarray(outputs).reshape(len(outputs), -1)
    if flat.shape[1] == 1:
        return np.asarray(flat[:, 0] > threshold, np.int64)
    return np.asarray(np.argmax(flat, axis=1), np.int64)


def check_labels(y: Array, classes: int) -> Array:
    """Labels as int64 (N,); DataError when one lies outside 0..classes-1."""
    y = np.asarray(y).reshape(len(y), -1)
    if y.shape[1] != 1 or y.dtype.kind not in "iub":
        raise DataError(f"labels must be one integer a sample. Got {y.dtype} of shape {y.shape}.")
    y = y[:, 0].astype(np.int64)
    classes = max(classes, 2)
    if len(y) and (y.min() < 0 or y.max() >= classes):
        where = int(np.flatnonzero((y < 0) | (y >= classes))[0])
        raise DataError(
            f"label {y[where]} of sample {where} is out of range: the model has {classes} classes, labels 0 to "
            f"{classes - 1}. Check the data set's class order."
        )
    return y


def share(correct: int, n: int) -> Accuracy:
    """Top-1 accuracy of `correct` right predictions of `n`, with its interval."""
    return Accuracy("top1", correct / n, n, wilson_interval(correct, n))


def accuracy(predicted: Array, truth: Array, float_predicted: Array | None = None) -> Accuracy:
    """Top-1 accuracy with its interval; with `float_predicted` also the paired comparison."""
    n = len(truth)
    correct = int(np.count_nonzero(predicted == truth))
    found = share(correct, n)
    if float_predicted is None:
        return found
    float_correct = int(np.count_nonzero(float_predicted == truth))
    return replace(
        found,
        float_value=float_correct / n,
        delta=(correct - float_correct) / n,
        flips=flips(float_predicted, predicted),
        mcnemar_p=mcnemar_p(float_predicted, predicted, truth),
        delta_ci95=paired_interval(float_predicted, predicted, truth),
    )


def confusion(predicted: Array, truth: Array, classes: int) -> tuple[tuple[int, ...], ...]:
    """Counts [true class][predicted class]."""
    matrix = np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)
    return tuple(tuple(int(v) for v in row) for row in matrix)
