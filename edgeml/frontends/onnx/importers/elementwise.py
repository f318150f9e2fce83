"""Elementwise operators of one, two and more operands."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.draft import normal_type
from edgeml.frontends.onnx.folding.create import numpy_type
from edgeml.ir import DType, Shape

# an elementwise kernel takes this many dimensions
_RANK = 4


def binary(call: Call, op: str, *operands: str) -> str:
    """An elementwise operator with broadcasting; more than 4 dimensions are merged where they broadcast alike."""
    shapes = [call.type_of(t)[0] for t in operands]
    rank = max(map(len, shapes))
    if rank <= _RANK:
        return call.emit(op, list(operands))
    wide = [(1,) * (rank - len(s)) + s for s in shapes]
    out = np.broadcast_shapes(*wide)
    merged = _merged(wide)
    if len(merged[0]) > _RANK:
        raise UnsupportedError(f"{call.where}: operands {shapes} broadcast over more than {_RANK} dimensions.")
    narrow = [call.reshape(t, s) for t, s in zip(operands, merged, strict=True)]
    return call.reshape(call.emit(op, narrow), tuple(int(d) for d in out))


def _merged(shapes: list[Shape]) -> list[Shape]:
    """The shapes with neighbouring dimensions merged wherever all operands broadcast alike."""
    out = np.broadcast_shapes(*shapes)
    kinds = [tuple(s[i] == 1 and out[i] > 1 for s in shapes) for i in range(len(out))]
    groups: list[list[int]] = []
    last = None
    for i, kind in enumerate(kinds):
        if out[i] == 1:
            continue
        if kind == last:
            groups[-1].append(i)
        else:
            groups.append([i])
            last = kind
    return [tuple(int(np.prod([s[i] for i in g])) for g in groups) for s in shapes]


def square(call: Call, tensor: str) -> str:
    """x * x."""
    return call.emit("mul", [tensor, tensor])


def _operands(call: Call) -> list[str]:
    return [call.x(i) for i in range(len(call.inputs))]


def simple(op: str) -> Callable[[Call], None]:
    """An operator of the same meaning with one input."""

    def read(call: Call) -> None:
        call.result(call.emit(op, [call.x(0)]))

    return read


def pair(op: str) -> Callable[[Call], None]:
    """An operator of the same meaning with two inputs; opset 6 and older state their broadcasting."""

    def read(call: Call) -> None:
        a, b = call.x(0), call.x(1)
        if call.opset < 7 and call.integer("broadcast") and call.attribute("axis") is not None:
            rank, shape = len(call.shape(0)), call.shape(1)
            axis = call.axis(call.integer("axis"), rank)
            b = call.reshape(b, (*shape, *(1,) * (rank - axis - len(shape))))
        call.result(binary(call, op, a, b))

    return read


def many(op: str) -> Callable[[Call], None]:
    """An operator of any number of inputs, as a chain."""

    def read(call: Call) -> None:
        operands = _operands(call)
        if len(operands) == 1:
            call.result(call.reshape(operands[0], call.shape(0)))
            return
        call.result(reduce(lambda a, b: binary(call, op, a, b), operands))

    return read


def mean(call: Call) -> None:
    """Sum times the reciprocal of the count."""
    operands = _operands(call)
    total = reduce(lambda a, b: binary(call, "add", a, b), operands)
    share = call.new_constant("share", np.asarray(1.0 / len(operands), np.float32))
    call.result(binary(call, "mul", total, share))


def divide(call: Call) -> None:
    """A float division by a constant is a multiplication only where that is exact; else it is a division."""
    call.result(binary(call, "div", call.x(0), call.x(1)))


def mod(call: Call) -> None:
    """floor_mod; fmod from the remainder of the magnitudes."""
    if call.integer("fmod"):
        a, b = call.x(0), call.x(1)
        # fmod keeps the sign of the dividend: a - trunc(a / b) * b, from the remainder of the magnitudes
        rest = binary(call, "floor_mod", call.emit("abs", [a]), call.emit("abs", [b]))
        call.result(binary(call, "mul", call.emit("sign", [a]), rest))
        return
    call.result(binary(call, "floor_mod", call.x(0), call.x(1)))


def reciprocal(call: Call) -> None:
    """1 / x."""
    call.result(binary(call, "div", call.new_constant("one", np.asarray(1, np.float32)), call.x(0)))


def where(call: Call) -> None:
    """Elementwise choice."""
    call.result(binary(call, "select_v2", call.x(0), call.x(1), call.x(2)))


def prelu(call: Call) -> None:
    """x above 0, slope * x below."""
    call.result(binary(call, "prelu", call.x(0), call.x(1)))


def xor(call: Call) -> None:
    """Two truth values that differ."""
    call.result(binary(call, "not_equal", call.x(0), call.x(1)))


def cast(call: Call) -> None:
    """To the element type that edgeml computes the wanted one in; nothing when that is the type already."""
    if call.node.op_type == "CastLike":
        wanted = normal_type(call.hint, call.dtype(1))
    else:
        wanted = normal_type(call.hint, numpy_type(call, call.integer("to")).name)
    if call.is_constant(0):
        # CastLike of a constant: only the element type of the other input counts
        call.result_constant(call.constant(0).astype(wanted.numpy))
        return
    call.result(cast_to(call, call.x(0), wanted))


def cast_to(call: Call, tensor: str, dtype: DType) -> str:
    """A cast, unless the tensor has the type."""
    return tensor if call.type_of(tensor)[1] is dtype else call.emit("cast", [tensor], dtype=dtype)


_UNARY = {
    "Abs": "abs", "Neg": "neg", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Sin": "sin", "Cos": "cos",
    "Floor": "floor", "Ceil": "ceil", "Round": "round", "Sign": "sign", "Erf": "erf", "Not": "logical_not",
    "Tan": "tan", "Asin": "asin", "Acos": "acos", "Atan": "atan", "Sinh": "sinh", "Cosh": "cosh",
    "Asinh": "asinh", "Acosh": "acosh", "Atanh": "atanh", "IsNaN": "is_nan",
}  # fmt: skip
_BINARY = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Pow": "pow", "Equal": "equal", "Less": "less",
    "LessOrEqual": "less_equal", "Greater": "greater", "GreaterOrEqual": "greater_equal",
    "And": "logical_and", "Or": "logical_or",
}  # fmt: skip

IMPORTERS: dict[tuple[str, str], Callable[[Call], None]] = {
    **{("", k): simple(v) for k, v in _UNARY.items()},
    **{("", k): pair(v) for k, v in _BINARY.items()},
    ("", "Div"): divide,
    ("", "Mod"): mod,
    ("", "Xor"): xor,
    ("", "Reciprocal"): reciprocal,
    ("", "Max"): many("maximum"),
    ("", "Min"): many("minimum"),
    ("", "Sum"): many("add"),
    ("", "Mean"): mean,
    ("", "Where"): where,
    ("", "PRelu"): prelu,
    ("", "Cast"): cast,
    ("", "CastLike"): cast,
}
