"""Linear models and the preparation of features: LinearClassifier, LinearRegressor, Scaler, Normalizer."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary
from edgeml.frontends.onnx.importers.ml_common import (
    class_labels,
    floats,
    label_output,
    linear,
    post_transform,
    rows,
)
from edgeml.ir import Array

# below every norm of a float32 vector that is not zero: a zero vector stays zero
_TINY = 1e-37


def linear_regressor(call: Call) -> None:
    """x @ coefficients' + intercepts, one column a target."""
    x = rows(call)
    targets = call.integer("targets", 1)
    weights, bias = _coefficients(call, x, targets)
    call.result(post_transform(call, linear(call, x, weights, bias, "linear")))


def linear_classifier(call: Call) -> None:
    """Scores of each class and the label of the highest; one row of coefficients for two classes is a margin."""
    x = rows(call)
    numbers, classes = class_labels(call, "classlabels_ints")
    size = len(floats(call, "coefficients"))
    features = call.type_of(x)[0][1]
    if classes == 2 and size == features:
        raise call.unsupported("one row of coefficients for two classes is not supported.", "Give each class its own.")
    weights, bias = _coefficients(call, x, classes)
    scores = linear(call, x, weights, bias, "linear")
    label_output(call, scores, numbers)
    call.result(post_transform(call, scores), 1)


def _coefficients(call: Call, x: str, outputs: int) -> tuple[Array, Array | None]:
    weights, bias = floats(call, "coefficients"), floats(call, "intercepts")
    features = call.type_of(x)[0][1]
    if outputs < 1 or weights.size != outputs * features or bias.size not in (0, outputs):
        raise call.damaged(
            f"{weights.size} coefficients, {bias.size} intercepts do not fit {features} features and {outputs} outputs"
        )
    return weights.reshape(outputs, features), bias if bias.size else None


def scaler(call: Call) -> None:
    """(x - offset) * scale, one value of each for all features or one a feature."""
    x = rows(call)
    features = call.type_of(x)[0][1]
    offset, scale = floats(call, "offset"), floats(call, "scale")
    if {offset.size, scale.size} - {0, 1, features}:
        raise call.damaged(f"{offset.size} offsets and {scale.size} scales do not fit {features} features")
    if offset.any():
        x = binary(call, "add", x, call.new_constant("offset", -offset.reshape(1, -1)))
    if scale.size:
        x = binary(call, "mul", x, call.new_constant("scale", scale.reshape(1, -1)))
    call.result(x if offset.any() or scale.size else call.reshape(x, call.shape(0)))


def normalizer(call: Call) -> None:
    """Each row divided by its largest value, the sum of its magnitudes, or its Euclidean length."""
    x = rows(call)
    kind = call.text("norm", "MAX")
    if kind == "L1" and _adds_to_one(call, x):
        # a softmax divided by its own sum
        call.result(call.reshape(x, call.shape(0)))
        return
    if kind == "MAX":
        norm = call.emit("reduce_max", [x], axes=(1,), keep_dims=True)
    elif kind == "L1":
        norm = call.emit("sum", [call.emit("abs", [x])], axes=(1,), keep_dims=True)
    elif kind == "L2":
        squares = call.emit("sum", [binary(call, "mul", x, x)], axes=(1,), keep_dims=True)
        norm = call.emit("sqrt", [squares])
    else:
        raise call.damaged(f"attribute norm must be MAX, L1 or L2. Got {kind}")
    if kind != "MAX":
        norm = binary(call, "maximum", norm, call.new_constant("tiny", np.asarray([[_TINY]], np.float32)))
    call.result(call.reshape(binary(call, "div", x, norm), call.shape(0)))


def _adds_to_one(call: Call, tensor: str) -> bool:
    return any(n.op == "softmax" and tensor in n.outputs for n in call.draft.nodes)


ML = "ai.onnx.ml"
IMPORTERS = {
    (ML, "LinearRegressor"): linear_regressor,
    (ML, "LinearClassifier"): linear_classifier,
    (ML, "Scaler"): scaler,
    (ML, "Normalizer"): normalizer,
}
