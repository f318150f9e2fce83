"""The order of accesses of the portable kernels, by the kernel's name; a kernel that is not here overlaps nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.backends.c99.accesses import Overlap, element_size, elementwise, in_order, margin, may_alias
from edgeml.backends.c99.window_accesses import blockwise, channelwise
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand

_Rule = Callable[[BoundNode, KernelCall], tuple[Overlap, ...]]


def portable_accesses(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """The overlaps that the call of a portable kernel allows."""
    rule = _RULES.get(call.kernel)
    return () if rule is None else rule(bound, call)


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


def _fully_connected(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """Row by row; each output reads its whole row of x."""
    x, y = bound.input(0).type, bound.output.type
    rows = np.arange(int(np.asarray(call.params["batches"])))
    return (Overlap(0, 0, margin(rows * (x.nbytes // len(rows)), (rows + 1) * (y.nbytes // len(rows)))),)


def _pad(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """The padding before an element is written before it is read."""
    x, y = bound.input(0), bound.output
    position = np.zeros(1, np.int64)
    for size, before, after in zip(*(np.asarray(call.params[k]) for k in ("shape_in", "before", "after")), strict=True):
        position = (position[:, None] * (before + size + after) + before + np.arange(size)).ravel()
    elements = np.arange(len(position))
    return (Overlap(0, 0, margin(elements, position) * element_size(y)),) if may_alias(x, y) else ()


def _pool(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    return blockwise(bound, call, 1, ahead=False)


def _conv_2d_s8(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """Two windows are copied, then their outputs written."""
    return blockwise(bound, call, 2, ahead=True)


def _depthwise_s8(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    return channelwise(bound, call)


_UNARY = (
    *(f"{name}_f32" for name in ("abs", "ceil", "clamp", "cos", "elu", "erf", "exp", "floor", "gelu", "gelu_tanh")),
    *(f"{name}_f32" for name in ("hard_swish", "leaky_relu", "log", "logistic", "neg", "round", "rsqrt", "sign")),
    *(f"{name}_f32" for name in ("sin", "softplus", "sqrt", "tanh")),
    *("lut_s8", "quantize_f32_s8", "quantize_half_away_f32_s8", "dequantize_s8_f32", "unary_s32"),
    *(f"{name}_s16" for name in ("logistic", "logistic_binary", "requantize", "slopes", "tanh", "tanh_binary")),
    *("quantize_f32_s16", "dequantize_s16_f32", "requantize_s8_s16", "requantize_s16_s8"),
)
_BINARY = (
    *(f"{name}_f32" for name in ("add", "compare", "div", "floor_div", "floor_mod", "maximum", "minimum", "mul")),
    *(f"{name}_f32" for name in ("pow", "prelu", "squared_difference", "sub")),
    *(f"{name}_s8" for name in ("add", "add_fixed", "compare", "maximum", "minimum", "mul", "prelu")),
    *("add_s16", "mul_s16", "squared_difference_s8", "binary_s32", "compare_s32", "logical_bool"),
)

# a row is read as a whole, then its elements one by one, each before it is written
_ROWS = ("softmax_s8", "softmax_s16", "softmax_fixed_s8", "softmax_f32", "log_softmax_f32")
_POOLS = (
    *("average_pool_2d_s8", "max_pool_2d_s8", "average_pool_2d_f32", "max_pool_2d_f32"),
    *("average_pool_2d_s16", "max_pool_2d_s16"),
    *(f"{name}_{kind}" for name in ("conv_2d", "depthwise_conv_2d") for kind in ("f32", "s16", "narrow_s16")),
)

_RULES: Mapping[str, _Rule] = {
    **dict.fromkeys((*_UNARY, *_ROWS), _unary),
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys(_POOLS, _pool),
    **dict.fromkeys(
        (f"fully_connected_{kind}" for kind in ("s8", "f32", "s16", "narrow_s16", "plain_s16")), _fully_connected
    ),
    **dict.fromkeys(("pad_s8", "pad_s16", "pad_f32"), _pad),
    "conv_2d_s8": _conv_2d_s8,
    "depthwise_conv_2d_s8": _depthwise_s8,
}
