"""Elementwise operators and softmax."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.ir import Attributes, DType, Tensor
from edgeml.ops import OPS
from edgeml.ops.cast import CastAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.gelu import GeluAttrs
from edgeml.ops.leaky_relu import LeakyReluAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from tests.random_graphs.draft import Draft, arithmetic


def _unary(op: str, accept: Callable[[Tensor], bool] = arithmetic) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(accept)
        return None if x is None else d.grow(op, [x])

    return grow


def _fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        return len(np.broadcast_shapes(a, b)) <= 4
    except ValueError:
        return False


def binary_operands(d: Draft, accept: Callable[[Tensor], bool] = arithmetic) -> list[str] | None:
    """An activation and another one, a constant or itself, of one type, that broadcast together, in either order."""
    a = d.existing(accept)
    if a is None:
        return None
    first = d.tensors[a]
    kind = d.choose(0, 9)
    if kind < 5 or first.dtype not in (DType.INT8, DType.FLOAT32):
        b = d.existing(lambda t: t.dtype is first.dtype and accept(t) and _fits(first.shape, t.shape)) or a
    elif kind < 9:
        narrow = first.shape[-1:] if kind < 7 else tuple(1 if d.chance(50) else n for n in first.shape)
        b = d.operand(narrow, int8=first.dtype is DType.INT8)
    else:
        b = a
    return [a, b] if d.chance(70) else [b, a]


def _binary(op: str, accept: Callable[[Tensor], bool] = arithmetic) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        operands = binary_operands(d, accept)
        if operands is None:
            return None
        fused = OPS[op].attrs_type is BinaryAttrs
        return d.grow(op, operands, BinaryAttrs(d.activation()) if fused else Attributes())

    return grow


def leaky_relu(d: Draft) -> str | None:
    x = d.existing(arithmetic)
    return None if x is None else d.grow("leaky_relu", [x], LeakyReluAttrs((0.01, 0.3, 0.1)[d.choose(0, 2)]))


def gelu(d: Draft) -> str | None:
    x = d.existing(arithmetic)
    return None if x is None else d.grow("gelu", [x], GeluAttrs(d.chance(50)))


def select(d: Draft) -> str | None:
    condition = d.existing(lambda t: t.dtype is DType.BOOL)
    operands = binary_operands(d)
    if condition is None or operands is None:
        return None
    return d.grow("select_v2", [condition, *operands])


def cast(d: Draft) -> str | None:
    x = d.existing(lambda t: t.quantization is None)
    if x is None:
        return None
    return d.grow("cast", [x], CastAttrs((DType.FLOAT32, DType.INT32, DType.BOOL)[d.choose(0, 2)]))


def softmax(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape) and arithmetic(t))
    return None if x is None else d.grow("softmax", [x], SoftmaxAttrs(1.0 if d.chance(70) else 0.5))


def requantize(d: Draft) -> str | None:
    """int8 to int8 of another scale, or back from an island of float32."""
    x = d.existing(arithmetic) if d.int8 else None
    return None if x is None else d.grow("quantize", [x])


def dequantize(d: Draft) -> str | None:
    x = d.existing(lambda t: t.dtype is DType.INT8)
    return None if x is None else d.grow("dequantize", [x])


def _truth(t: Tensor) -> bool:
    return t.dtype is DType.BOOL


def _numbers(t: Tensor) -> bool:
    return arithmetic(t) or t.dtype is DType.INT32


_UNARY = (
    "relu", "relu6", "tanh", "logistic", "elu", "hard_swish", "softplus", "log_softmax", "abs", "neg", "sign", "exp",
    "log", "sqrt", "rsqrt", "sin", "cos", "erf", "floor", "ceil", "round",
)  # fmt: skip
_BINARY = (
    "add", "sub", "mul", "minimum", "maximum", "squared_difference", "equal", "not_equal", "less",
    "less_equal", "greater", "greater_equal",
)  # fmt: skip

GROWERS = {
    **{op: _binary(op, _numbers) for op in _BINARY},
    # of reals only: LiteRT stops at an integer divisor of zero and at a negative integer exponent
    **{op: _binary(op) for op in ("div", "pow")},
    **{op: _unary(op) for op in _UNARY},
    "logical_and": _binary("logical_and", _truth),
    "logical_or": _binary("logical_or", _truth),
    "logical_not": _unary("logical_not", _truth),
    "leaky_relu": leaky_relu,
    "gelu": gelu,
    "select_v2": select,
    "softmax": softmax,
    "cast": cast,
    "quantize": requantize,
    "dequantize": dequantize,
}
