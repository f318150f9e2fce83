"""Elementwise operators and softmax."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.ir import Tensor
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from tests.random_graphs.draft import Draft


def _arithmetic(t: Tensor) -> bool:
    return t.quantization is not None or t.dtype.value == "float32"


def _unary(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(_arithmetic)
        return None if x is None else d.grow(op, [x])

    return grow


def _fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        return len(np.broadcast_shapes(a, b)) <= 4
    except ValueError:
        return False


def binary_operands(d: Draft) -> list[str] | None:
    """An activation and another one, a constant or itself, that broadcast together, in either order."""
    a = d.existing(_arithmetic)
    if a is None:
        return None
    shape = d.tensors[a].shape
    kind = d.choose(0, 9)
    if kind < 5:
        b = d.existing(lambda t: _arithmetic(t) and _fits(shape, t.shape)) or a
    elif kind < 7:
        b = d.operand(shape[-1:])
    elif kind < 9:
        b = d.operand(tuple(1 if d.chance(50) else n for n in shape))
    else:
        b = a
    return [a, b] if d.chance(70) else [b, a]


def _binary(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        operands = binary_operands(d)
        return None if operands is None else d.grow(op, operands, BinaryAttrs(d.activation()))

    return grow


def softmax(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape) and _arithmetic(t))
    return None if x is None else d.grow("softmax", [x], SoftmaxAttrs(1.0 if d.chance(70) else 0.5))


def requantize(d: Draft) -> str | None:
    """int8 to int8 of another scale; float graphs have no such node."""
    x = d.existing(_arithmetic) if d.int8 else None
    return None if x is None else d.grow("quantize", [x])


GROWERS = {
    **{op: _binary(op) for op in ("add", "mul")},
    **{op: _unary(op) for op in ("relu", "relu6", "tanh", "logistic")},
    "softmax": softmax,
    "quantize": requantize,
}
