"""Support vector machines as matrix products, a function of the kernel, and another matrix product."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary
from edgeml.frontends.onnx.importers.ml_common import (
    class_labels,
    columns,
    floats,
    label_of_index,
    linear,
    post_transform,
    rows,
)
from edgeml.frontends.onnx.importers.ml_linear import ML
from edgeml.ir import Array, DType

_MAX_DEGREE = 16


def svm_regressor(call: Call) -> None:
    """The weighted sum of the kernel with each support vector; the sign of it for a one-class machine."""
    x = rows(call)
    count = call.integer("n_supports")
    coefficients, rho = floats(call, "coefficients"), floats(call, "rho")
    if rho.size != 1 or count < 0 or (count and coefficients.size != count):
        raise call.damaged(f"{coefficients.size} coefficients and {rho.size} values of rho do not fit {count} vectors")
    if count:
        x = _kernel(call, x, count)
    score = linear(call, x, coefficients.reshape(1, -1), rho, "svm")
    if call.integer("one_class"):
        score = _one_class(call, score)
    call.result(post_transform(call, score))


def _one_class(call: Call, score: str) -> str:
    """1 above zero, else -1."""
    zero = call.new_constant("zero", np.zeros((1, 1), np.float32))
    inside = call.emit("cast", [binary(call, "greater", score, zero)], dtype=DType.FLOAT32)
    return columns(call, inside, (2.0,), (-1.0,))


def svm_classifier(call: Call) -> None:
    """The margin of every pair of classes, and the class that wins most pairs.

    Coefficient row j - 1 belongs to the vectors of class i in the pair i < j, row i to those of class j (LIBSVM).
    """
    x = rows(call)
    numbers, classes = class_labels(call, "classlabels_ints")
    per_class = call.integers("vectors_per_class") or ()
    if not per_class:
        raise call.unsupported("a linear machine without support vectors is not supported.", "Use LinearClassifier.")
    count, pairs = sum(per_class), list(combinations(range(classes), 2))
    coefficients, rho = floats(call, "coefficients"), floats(call, "rho")
    fits = len(per_class) == classes and coefficients.size == (classes - 1) * count and rho.size == len(pairs)
    if classes < 2 or min(per_class) < 0 or not fits:
        raise call.damaged(
            f"{coefficients.size} coefficients and {rho.size} values of rho do not fit {per_class} vectors"
        )
    margins = linear(call, _kernel(call, x, count), _pair_weights(coefficients, per_class, pairs), rho, "svm")
    probability = (floats(call, "prob_a"), floats(call, "prob_b"))
    if probability[0].size:
        scores = _probabilities(call, margins, *probability)
    else:
        scores = margins if len(pairs) > 1 else columns(call, margins, (-1.0, 1.0), None)
    if probability[0].size or len(pairs) == 1:
        label_of_index(call, call.emit("arg_max", [scores], axis=1, dtype=DType.INT64), numbers)
    else:
        label_of_index(call, _winner(call, margins, pairs, classes), numbers)
    call.result(post_transform(call, scores), 1)


def _pair_weights(coefficients: Array, per_class: tuple[int, ...], pairs: list[tuple[int, int]]) -> Array:
    """(pairs, vectors) from LIBSVM's (classes - 1, vectors)."""
    table = coefficients.reshape(len(per_class) - 1, -1)
    start = np.concatenate([[0], np.cumsum(per_class)])
    weights = np.zeros((len(pairs), table.shape[1]), np.float32)
    for k, (i, j) in enumerate(pairs):
        first, second = slice(start[i], start[i + 1]), slice(start[j], start[j + 1])
        weights[k, first] = table[j - 1, first]
        weights[k, second] = table[i, second]
    return weights


def _probabilities(call: Call, margins: str, a: Array, b: Array) -> str:
    """Platt's two probabilities, (samples, 2)."""
    if a.size != 1 or b.size != 1:
        raise call.unsupported(
            "probabilities of more than two classes are found by iteration, which is not supported.",
            "Train with probability=False and use the margins.",
        )
    scaled = columns(call, margins, (float(a[0]),), (float(b[0]),))
    return call.emit("logistic", [columns(call, scaled, (-1.0, 1.0), None)])


def _winner(call: Call, margins: str, pairs: list[tuple[int, int]], classes: int) -> str:
    """Index of the class with most pairs won; a margin above zero is a win of the pair's first class."""
    zero = call.new_constant("zero", np.zeros((1, 1), np.float32))
    won = call.emit("cast", [binary(call, "greater", margins, zero)], dtype=DType.FLOAT32)
    weights, start = np.zeros((classes, len(pairs)), np.float32), np.zeros(classes, np.float32)
    for k, (i, j) in enumerate(pairs):
        weights[i, k], weights[j, k] = 1, -1
        start[j] += 1
    return call.emit("arg_max", [linear(call, won, weights, start, "votes")], axis=1, dtype=DType.INT64)


def _kernel(call: Call, x: str, count: int) -> str:
    """The kernel of each sample with each support vector, (samples, vectors)."""
    vectors = floats(call, "support_vectors")
    features = call.type_of(x)[0][1]
    if vectors.size != count * features:
        raise call.damaged(
            f"{vectors.size} values of support vectors do not fit {count} vectors of {features} features"
        )
    vectors = vectors.reshape(count, features)
    gamma, coef0, degree = (*floats(call, "kernel_params"), 0.0, 0.0, 0.0)[:3]
    kind = call.text("kernel_type", "LINEAR")
    offset = np.full(count, coef0, np.float32)
    if kind == "LINEAR":
        return linear(call, x, vectors, None, "kernel")
    if kind == "SIGMOID":
        return call.emit("tanh", [linear(call, x, vectors * np.float32(gamma), offset, "kernel")])
    if kind == "POLY":
        return _power(call, linear(call, x, vectors * np.float32(gamma), offset, "kernel"), float(degree))
    if kind != "RBF":
        raise call.damaged(f"attribute kernel_type must be LINEAR, POLY, RBF or SIGMOID. Got {kind}")
    # -gamma * |x - s|² as -gamma * |x|² + 2 * gamma * x·s - gamma * |s|², about the centre, against cancellation
    centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    x = binary(call, "add", x, call.new_constant("centre", -centre.reshape(1, -1)))
    wide, g = vectors.astype(np.float64) - centre, float(gamma)
    own = linear(call, binary(call, "mul", x, x), np.full((1, features), -g), None, "lengths")
    cross = linear(call, x, 2 * g * wide, -g * (wide**2).sum(axis=1), "kernel")
    return call.emit("exp", [binary(call, "add", cross, own)])


def _power(call: Call, x: str, degree: float) -> str:
    """x to a whole power, by squaring."""
    if degree != int(degree) or not 1 <= degree <= _MAX_DEGREE:
        raise call.unsupported(f"polynomial kernel of degree {degree:g} is not supported.", f"Use 1 to {_MAX_DEGREE}.")
    bits, result = int(degree), ""
    while True:
        if bits & 1:
            result = binary(call, "mul", result, x) if result else x
        bits >>= 1
        if not bits:
            return result
        x = binary(call, "mul", x, x)


IMPORTERS = {(ML, "SVMRegressor"): svm_regressor, (ML, "SVMClassifier"): svm_classifier}
