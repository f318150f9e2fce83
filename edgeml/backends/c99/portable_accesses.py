"""The order of accesses of the portable kernels, by the kernel's name; a kernel that is not here overlaps nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.backends.c99.accesses import Overlap, elementwise, in_order, may_alias
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand

_Rule = Callable[[BoundNode, KernelCall], tuple[Overlap, ...]]


def portable_accesses(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """The overlaps that the call of a portable kernel allows."""
    rule = _RULES.get(call.kernel)
    return () if rule is None or call.repeat > 1 else rule(bound, call)


def _unary(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    return elementwise(bound)


def _binary(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """kernels/binary_loop.h: element by element in the order of y; operands stand still where they are broadcast."""
    found = []
    operands = [a for a in call.args if isinstance(a, Operand)]
    for operand, key in zip(operands, ("stride_a", "stride_b"), strict=True):
        x = bound.input(operand.index)
        if not x.is_constant and may_alias(x, bound.output):
            positions = _positions(call.params["shape"], call.params[key])
            found.append(Overlap(operand.index, 0, in_order(positions, x, bound.output)))
    return tuple(found)


def _positions(shape: object, strides: object) -> Array:
    """Element that nested loops over `shape` visit in each turn, with `strides` elements a step."""
    total = np.zeros(1, np.int64)
    for size, stride in zip(np.asarray(shape), np.asarray(strides), strict=True):
        total = (total[:, None] + np.arange(size) * stride).ravel()
    return total


_UNARY = (
    *(f"{name}_f32" for name in ("abs", "ceil", "clamp", "cos", "elu", "erf", "exp", "floor", "gelu", "gelu_tanh")),
    *(f"{name}_f32" for name in ("hard_swish", "leaky_relu", "log", "logistic", "neg", "round", "rsqrt", "sign")),
    *(f"{name}_f32" for name in ("sin", "softplus", "sqrt", "tanh")),
    *("lut_s8", "quantize_f32_s8", "quantize_half_away_f32_s8", "dequantize_s8_f32", "unary_s32"),
)
_BINARY = (
    *(f"{name}_f32" for name in ("add", "compare", "div", "floor_div", "floor_mod", "maximum", "minimum", "mul")),
    *(f"{name}_f32" for name in ("pow", "prelu", "squared_difference", "sub")),
    *(f"{name}_s8" for name in ("add", "add_fixed", "compare", "maximum", "minimum", "mul", "prelu")),
    *("squared_difference_s8", "binary_s32", "compare_s32", "logical_bool"),
)

_RULES: Mapping[str, _Rule] = {**dict.fromkeys(_UNARY, _unary), **dict.fromkeys(_BINARY, _binary)}
