"""A linear classifier on the features of a frozen backbone, in NumPy: weight decay and length chosen by validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.ir import Array
from edgeml.training.schedule import cosine_rate

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, eq=False)
class Head:
    """logits = features @ weights.T + bias; `weights` float32 (classes, features), `bias` float32 (classes,).

    `steps` and `decay` are what validation chose, `accuracy` and `loss` what it reached there.
    """

    weights: Array
    bias: Array
    steps: int
    decay: float
    accuracy: float
    loss: float


@dataclass(frozen=True)
class HeadPlan:
    """`steps` of Adam over all samples at `rate`, stopped after `patience` steps without a lower validation loss."""

    steps: int
    rate: float
    patience: int
    decays: Sequence[float]
    class_weights: bool = True


def fit_head(plan: HeadPlan, train: tuple[Array, Array], validation: tuple[Array, Array], classes: int) -> Head:
    """The head over all decays with the lowest loss on `validation`, for features (N, F) and classes (N,).

    It has learned from `train` alone. Features are standardised by it; the head takes them as they are.
    """
    found = []
    for decay in plan.decays:
        weights, bias, steps, loss = _fit(plan, decay, plan.steps, train, validation, classes)
        right = np.argmax(validation[0] @ weights.T + bias, axis=1) == validation[1]
        found.append(Head(weights, bias, steps, decay, float(right.mean()), loss))
    return min(found, key=lambda head: head.loss)


def refit_head(
    plan: HeadPlan, head: Head, train: tuple[Array, Array], validation: tuple[Array, Array], classes: int
) -> Head:
    """`head` learned again, as long and with the same decay, from both parts."""
    x, y = (np.concatenate(parts) for parts in zip(train, validation, strict=True))
    weights, bias, _, _ = _fit(plan, head.decay, max(1, head.steps), (x, y), None, classes)
    return replace(head, weights=weights, bias=bias)


def _fit(
    plan: HeadPlan,
    decay: float,
    steps: int,
    train: tuple[Array, Array],
    validation: tuple[Array, Array] | None,
    classes: int,
) -> tuple[Array, Array, int, float]:
    """Weights and bias for plain features, the step that was best, and its validation loss (0 without validation)."""
    x, y = train
    mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    deviation = np.maximum(deviation, 1e-3 * max(float(deviation.max()), 1e-12))
    z = _extended((x - mean) / deviation)
    importance = _importance(y, classes, plan.class_weights)
    wanted = np.eye(classes)[y]
    held = None if validation is None else _extended((validation[0] - mean) / deviation)
    w = np.zeros((classes, z.shape[1]))
    moment, square, best, best_loss, best_step = np.zeros_like(w), np.zeros_like(w), w, np.inf, 0
    for step in range(steps):
        p = _softmax(z @ w.T)
        gradient = ((p - wanted) * importance[:, None]).T @ z
        gradient[:, :-1] += decay * w[:, :-1]
        moment = _BETA1 * moment + (1 - _BETA1) * gradient
        square = _BETA2 * square + (1 - _BETA2) * gradient**2
        corrected = moment / (1 - _BETA1 ** (step + 1)) / (np.sqrt(square / (1 - _BETA2 ** (step + 1))) + _EPSILON)
        # the whole length sets the pace, also where fewer steps are taken
        w = w - cosine_rate(plan.rate, step, plan.steps, 0) * corrected
        if held is None or validation is None:
            best, best_step = w, step + 1
            continue
        p = _softmax(held @ w.T)[np.arange(len(held)), validation[1]]
        loss = float(-np.log(np.maximum(p, 1e-12)).mean())
        if loss < best_loss:
            best, best_loss, best_step = w, loss, step + 1
        elif plan.patience and step + 1 - best_step >= plan.patience:
            break
    weights = best[:, :-1] / deviation
    bias = best[:, -1] - weights @ mean
    return weights.astype(np.float32), bias.astype(np.float32), best_step, best_loss if held is not None else 0.0


def _extended(z: Array) -> Array:
    """Features and a constant one for the bias."""
    return np.concatenate([z, np.ones((len(z), 1))], axis=1)


def _importance(y: Array, classes: int, balanced: bool) -> Array:
    """Weight of each sample; they sum to one."""
    counts = np.maximum(np.bincount(y, minlength=classes), 1)
    weight = (1.0 / counts[y]) if balanced else np.ones(len(y))
    return np.asarray(weight / weight.sum())


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
