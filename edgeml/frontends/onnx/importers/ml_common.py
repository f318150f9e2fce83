"""What the operators of ai.onnx.ml share: class labels, post transforms and two columns for two classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary
from edgeml.ir import Array, DType


def floats(call: Call, name: str) -> Array:
    """An attribute of numbers as float32; empty when it is absent."""
    value = call.attribute(name)
    if value is None:
        return np.zeros(0, np.float32)
    array = np.asarray(value, np.float64)
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise call.damaged(f"attribute {name} must be finite numbers")
    return array.astype(np.float32).reshape(-1)


def rows(call: Call) -> str:
    """Input 0 as a float matrix (samples, features)."""
    x = call.x(0)
    shape, dtype = call.type_of(x)
    if len(shape) not in (1, 2):
        raise call.damaged(f"takes a matrix of samples. Got {shape}")
    if dtype is not DType.FLOAT32:
        x = call.emit("cast", [x], dtype=DType.FLOAT32)
    return call.reshape(x, (1, *shape)) if len(shape) == 1 else x


def class_labels(call: Call, integers: str) -> tuple[Array | None, int]:
    """(integer labels or None, number of classes); names go to the graph, where the label is an index into them."""
    names = call.attribute("classlabels_strings")
    if isinstance(names, tuple) and names:
        call.draft.labels = tuple(str(n) for n in names)
        return None, len(names)
    numbers = call.integers(integers) or ()
    return np.asarray(numbers, np.int64), len(numbers)


def label_output(call: Call, scores: str, numbers: Array | None) -> None:
    """Output 0: the label (integers) or index (names) of the class with the highest score, (samples,) int64."""
    best = call.emit("arg_max", [scores], axis=1, dtype=DType.INT64)
    label_of_index(call, best, numbers)


def label_of_index(call: Call, index: str, numbers: Array | None) -> None:
    """Output 0: the label of each index; nothing to do where labels are 0, 1, 2, …"""
    if numbers is None or np.array_equal(numbers, np.arange(len(numbers))):
        call.result(index)
        return
    call.result(call.emit("gather", [call.new_constant("labels", numbers), index], axis=0, batch_dims=0))


def post_transform(call: Call, scores: str) -> str:
    """Scores (samples, classes) through the attribute post_transform."""
    kind = call.text("post_transform", "NONE")
    if kind == "NONE":
        return scores
    if kind == "SOFTMAX":
        return call.emit("softmax", [scores], beta=1.0)
    if kind == "LOGISTIC":
        return call.emit("logistic", [scores])
    raise call.unsupported(f"post_transform {kind} is not supported.", "Use NONE, SOFTMAX or LOGISTIC.")


def two_classes(call: Call, score: str, positive: bool) -> str:
    """Scores of both classes from that of the second, (samples, 1) -> (samples, 2), as ONNX Runtime forms them.

    A margin s becomes -s and s, or these through the logistic function. Without a transform, `positive` weights make
    the score a probability p: 1 - p and p.
    """
    logistic = call.text("post_transform", "NONE") == "LOGISTIC"
    if positive and not logistic:
        return columns(call, score, (-1.0, 1.0), (1.0, 0.0))
    both = columns(call, score, (-1.0, 1.0), None)
    return call.emit("logistic", [both]) if logistic else both


def columns(call: Call, x: str, factors: Sequence[float], offsets: Sequence[float] | None) -> str:
    """x (samples, 1) times each factor plus its offset: one column each."""
    y = binary(call, "mul", x, call.new_constant("signs", np.asarray([factors], np.float32)))
    return (
        y
        if offsets is None
        else binary(call, "add", y, call.new_constant("offsets", np.asarray([offsets], np.float32)))
    )


def linear(call: Call, x: str, weights: Array, bias: Array | None, name: str) -> str:
    """x (samples, features) times weights (outputs, features), plus bias (outputs,)."""
    features = call.type_of(x)[0][1]
    if weights.shape[1] != features:
        raise call.damaged(f"the weights are for {weights.shape[1]} features, the input has {features}")
    inputs = [x, call.new_constant(f"{name}/weights", np.ascontiguousarray(weights, np.float32))]
    if bias is not None and bias.any():
        inputs.append(call.new_constant(f"{name}/bias", np.ascontiguousarray(bias, np.float32)))
    return call.emit("fully_connected", inputs, keep_num_dims=False)
