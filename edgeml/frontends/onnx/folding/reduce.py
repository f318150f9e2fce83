"""Folding of reductions and searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.shapes import reduction_axes
from edgeml.ir import Array

Fold = Callable[[Call], Array]


def _reduce(function: Callable[..., Any]) -> Fold:
    def fold(call: Call) -> Array:
        x = call.constant(0)
        axes = reduction_axes(call)
        if axes is None:
            return x
        return np.asarray(function(x, axis=axes, keepdims=bool(call.integer("keepdims", 1)))).astype(x.dtype)

    return fold


def _arg(function: Callable[..., Any]) -> Fold:
    def fold(call: Call) -> Array:
        x = call.constant(0)
        axis = call.axis(call.integer("axis"), x.ndim)
        if call.integer("select_last_index"):
            found = x.shape[axis] - 1 - function(np.flip(x, axis), axis=axis)
        else:
            found = function(x, axis=axis)
        return np.asarray(np.expand_dims(found, axis) if call.integer("keepdims", 1) else found, np.int64)

    return fold


def cumsum(call: Call) -> Array:
    """Running sums along an axis."""
    x = call.constant(0)
    axis = call.axis(int(call.constant(1).reshape(-1)[0]), x.ndim)
    if call.integer("reverse"):
        x = np.flip(x, axis)
    y = np.cumsum(x, axis, dtype=x.dtype)
    if call.integer("exclusive"):
        y = y - x
    return np.flip(y, axis) if call.integer("reverse") else y


def non_zero(call: Call) -> Array:
    """Coordinates of elements that are not 0."""
    return np.asarray(np.nonzero(np.atleast_1d(call.constant(0))), np.int64)


FOLDS: dict[str, Fold] = {
    "ReduceSum": _reduce(np.sum),
    "ReduceProd": _reduce(np.prod),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "ReduceMean": _reduce(np.mean),
    "ArgMax": _arg(np.argmax),
    "ArgMin": _arg(np.argmin),
    "CumSum": cumsum,
    "NonZero": non_zero,
}
