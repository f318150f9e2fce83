"""Folding of elementwise arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce as fold_left
from typing import Any

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ir import Array

Fold = Callable[[Call], Array]


def _unary(function: Callable[[Any], Any]) -> Fold:
    def fold(call: Call) -> Array:
        x = call.constant(0)
        return np.asarray(function(x)).astype(x.dtype)

    return fold


def _binary(function: Callable[[Any, Any], Any], dtype: str | None = None) -> Fold:
    def fold(call: Call) -> Array:
        a, b = call.constant(0), call.constant(1)
        return np.asarray(function(a, b)).astype(dtype or a.dtype)

    return fold


def _variadic(function: Callable[[Any, Any], Any]) -> Fold:
    def fold(call: Call) -> Array:
        arrays = [call.constant(i) for i in range(len(call.inputs))]
        return np.asarray(fold_left(function, arrays)).astype(arrays[0].dtype)

    return fold


def divide(a: Array, b: Array) -> Array:
    """ONNX divides integers towards zero; NumPy floors."""
    if a.dtype.kind == "f":
        return np.divide(a, b)
    if not np.all(b):
        raise ValueError("division by zero")
    quotient = np.abs(a.astype(np.int64)) // np.abs(b.astype(np.int64))
    return np.asarray(np.sign(a.astype(np.int64)) * np.sign(b.astype(np.int64)) * quotient)


def mod(call: Call) -> Array:
    """The sign of the divisor, or with fmod that of the dividend."""
    a, b = call.constant(0), call.constant(1)
    if b.dtype.kind in "iu" and not np.all(b):
        raise call.damaged("divides by zero")
    return np.asarray(np.fmod(a, b) if call.integer("fmod") else np.mod(a, b), a.dtype)


def where(call: Call) -> Array:
    """Elementwise choice."""
    return np.where(call.constant(0), call.constant(1), call.constant(2))


def clip(call: Call) -> Array:
    """Bounds are inputs or, in older opsets, attributes."""
    x = call.constant(0)
    for index, name, bound in ((1, "min", np.maximum), (2, "max", np.minimum)):
        if call.has(index):
            x = bound(x, call.constant(index)).astype(x.dtype)
        elif call.attribute(name) is not None:
            x = bound(x, call.number(name)).astype(x.dtype)
    return x


def mean(call: Call) -> Array:
    """Elementwise mean of all inputs."""
    arrays = [call.constant(i) for i in range(len(call.inputs))]
    return np.asarray(fold_left(np.add, arrays) / len(arrays)).astype(arrays[0].dtype)


FOLDS: dict[str, Fold] = {
    "Add": _binary(np.add),
    "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply),
    "Div": _binary(divide),
    "Mod": mod,
    "Pow": _binary(np.power),
    "Neg": _unary(np.negative),
    "Abs": _unary(np.abs),
    "Sign": _unary(np.sign),
    "Floor": _unary(np.floor),
    "Ceil": _unary(np.ceil),
    "Round": _unary(np.rint),
    "Sqrt": _unary(np.sqrt),
    "Reciprocal": _unary(lambda x: 1 / x),
    "Exp": _unary(np.exp),
    "Log": _unary(np.log),
    "Sin": _unary(np.sin),
    "Cos": _unary(np.cos),
    "Tanh": _unary(np.tanh),
    "Relu": _unary(lambda x: np.maximum(x, 0)),
    "Not": _unary(np.logical_not),
    "And": _binary(np.logical_and, "bool"),
    "Or": _binary(np.logical_or, "bool"),
    "Xor": _binary(np.logical_xor, "bool"),
    "Equal": _binary(np.equal, "bool"),
    "Less": _binary(np.less, "bool"),
    "LessOrEqual": _binary(np.less_equal, "bool"),
    "Greater": _binary(np.greater, "bool"),
    "GreaterOrEqual": _binary(np.greater_equal, "bool"),
    "Min": _variadic(np.minimum),
    "Max": _variadic(np.maximum),
    "Sum": _variadic(np.add),
    "Mean": mean,
    "Where": where,
    "Clip": clip,
}
