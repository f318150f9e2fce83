"""Constants out of nothing or of shapes; `announced` says how large a result will be before it is made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ir import Array

_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "float32",
}  # fmt: skip


def numpy_type(call: Call, number: int) -> np.dtype[Any]:
    """The NumPy type of an ONNX element type; bfloat16 is held as float32. Raises UnsupportedError."""
    name = _TYPES.get(number)
    if name is None:
        raise call.unsupported(f"element type {number} is not supported.", "Use float32 or int8.")
    return np.dtype(name)


def announced(call: Call) -> int:
    """Bytes that the operators which can make much out of little will make; 0 for all others."""
    op = call.node.op_type
    if op == "ConstantOfShape":
        return 8 * _product(call.constant_ints(0))
    if op == "Expand":
        return 8 * _product(call.constant_ints(1)) * max(1, call.constant(0).size)
    if op == "Tile":
        return 8 * call.constant(0).size * _product(call.constant_ints(1))
    if op == "Range":
        start, limit, delta = (float(call.constant(i).reshape(-1)[0]) for i in range(3))
        return 8 * int(min(max(0.0, (limit - start) / delta), 2.0**40)) if delta else 0
    if op in ("OneHot", "Pad"):
        counts = call.constant_ints(1) if call.has(1) else ()
        if op == "OneHot":
            return 8 * call.constant(0).size * max(1, int(call.constant(1).reshape(-1)[0]))
        grown = [d + abs(p) for d, p in zip(call.shape(0) * 2, counts, strict=False)]
        return 8 * _product(grown[: len(call.shape(0))])
    if op in ("Add", "Sub", "Mul", "Div", "Where", "Max", "Min", "Pow", "Equal", "Less", "Greater", "And", "Or", "Xor",
              "Mod", "GreaterOrEqual", "LessOrEqual", "Mean", "Sum", "BitShift", "MatMul"):  # fmt: skip
        return sum(v.data.nbytes for v in call.inputs if v is not None and v.data is not None)
    return 0


def _product(sizes: Any) -> int:
    return math.prod(min(abs(int(s)), 2**40) for s in sizes)


def constant(call: Call) -> Array:
    """A tensor, a number or a list of numbers."""
    for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        value = call.attribute(key)
        if value is None:
            continue
        if isinstance(value, np.ndarray):
            return value
        return np.asarray(value, np.float32 if "float" in key else np.int64)
    raise call.unsupported("holds no number.", "Remove text from the model.")


def constant_of_shape(call: Call) -> Array:
    """One value in every element."""
    value = call.attribute("value")
    fill = value.reshape(-1)[:1] if isinstance(value, np.ndarray) else np.zeros(1, np.float32)
    return np.full(call.constant_ints(0), fill[0], fill.dtype)


def range_(call: Call) -> Array:
    """start, start + delta, … below limit."""
    start, limit, delta = (call.constant(i).reshape(-1)[0] for i in range(3))
    if delta == 0:
        raise call.damaged("the step is 0")
    count = max(0, math.ceil((float(limit) - float(start)) / float(delta)))
    return np.asarray(start + np.arange(count, dtype=start.dtype) * delta, start.dtype)


def eye_like(call: Call) -> Array:
    """Ones on a diagonal."""
    rows, columns = call.shape(0)
    kind = call.integer("dtype")
    dtype = numpy_type(call, kind) if kind else np.dtype(call.dtype(0))
    return np.eye(rows, columns, k=call.integer("k"), dtype=dtype)


def one_hot(call: Call) -> Array:
    """Values by position along a new axis."""
    indices, depth, values = (call.constant(i) for i in range(3))
    count = int(depth.reshape(-1)[0])
    axis = call.axis(call.integer("axis", -1), indices.ndim + 1)
    hot = np.where(indices < 0, indices + count, indices)[..., None] == np.arange(count)
    return np.moveaxis(np.where(hot, values[1], values[0]).astype(values.dtype), -1, axis)


FOLDS = {
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Range": range_,
    "EyeLike": eye_like,
    "OneHot": one_hot,
}
