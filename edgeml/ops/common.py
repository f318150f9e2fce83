"""Pieces several operators share: fused activations, paddings, windows."""

from __future__ import annotations

import enum
from collections.abc import Callable

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, DType, Numerics, Shape, TensorType

# (top, bottom, left, right), in elements
Padding = tuple[int, int, int, int]
NO_PADDING: Padding = (0, 0, 0, 0)


class Activation(enum.Enum):
    """Fused activation function; the value is LiteRT's ActivationFunctionType."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3


_REAL_RANGE: dict[Activation, tuple[float, float]] = {
    Activation.NONE: (-np.inf, np.inf),
    Activation.RELU: (0.0, np.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def activation_range(activation: Activation) -> tuple[float, float]:
    """Real bounds of a fused activation."""
    return _REAL_RANGE[activation]


def activation_f32(activation: Activation, x: Array) -> Array:
    """The fused activation applied to float32 values."""
    low, high = _REAL_RANGE[activation]
    return x if activation is Activation.NONE else np.clip(x, np.float32(low), np.float32(high))


def activation_range_s8(activation: Activation, output: TensorType) -> tuple[int, int]:
    """Fused activation as int8 bounds: each real bound quantised as LiteRT's delegate does, half to even.

    The zero point is added in float32 before the rounding, so its parity decides ties.
    """
    zero_point, scale = np.float32(output.zero_point), np.float32(output.scale)
    low, high = (
        int(np.rint(np.clip(np.float32(real) / scale + zero_point, -128, 127))) for real in _REAL_RANGE[activation]
    )
    return low, high


def builtin_activation_range_s8(activation: Activation, output: TensorType) -> tuple[int, int]:
    """The same in LiteRT's built-in kernels and in TensorFlow Lite Micro: steps rounded half away from zero.

    Bounds of the output's own element type, int8 or int16.
    """
    zero_point, scale = output.zero_point, np.float32(output.scale)
    limits = np.iinfo(output.dtype.numpy)

    def quantized(real: float, otherwise: int) -> int:
        if not np.isfinite(real):
            return otherwise
        steps = np.float32(real) / scale
        return int(np.clip(zero_point + np.floor(abs(steps) + 0.5) * np.sign(steps), limits.min, limits.max))

    low, high = _REAL_RANGE[activation]
    return quantized(low, limits.min), quantized(high, limits.max)


def fused_range_s8(bound: BoundNode, activation: Activation) -> tuple[int, int]:
    """int8 bounds of a node's fused activation, as the runtime of its numerics forms them."""
    if bound.numerics is Numerics.TFLM:
        return builtin_activation_range_s8(activation, bound.output.type)
    return activation_range_s8(activation, bound.output.type)


def window_size(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """Number of window positions along one dimension."""
    return (size + before + after - (kernel - 1) * dilation - 1) // stride + 1


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """(before, after) for `ceil(size / stride)` positions, the odd element after."""
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - size)
    return total // 2, total - total // 2


def same_padding_2d(
    shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int] = (1, 1)
) -> Padding:
    """TensorFlow's SAME padding for an NHWC `shape`."""
    top, bottom = same_padding(shape[1], kernel[0], stride[0], dilation[0])
    left, right = same_padding(shape[2], kernel[1], stride[1], dilation[1])
    return top, bottom, left, right


# LiteRT's Padding enum
LITERT_SAME, LITERT_VALID = 0, 1


def padding_to_litert(
    bound: BoundNode,
    shape: Shape,
    padding: Padding,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> int:
    """SAME or VALID; anything else must have been made a `pad` operator before (backends/litert does)."""
    if padding == NO_PADDING:
        return LITERT_VALID
    if padding == same_padding_2d(shape, kernel, stride, dilation):
        return LITERT_SAME
    raise GraphError(
        f"{bound.node.op} '{bound.name}': LiteRT knows only SAME and VALID padding. Got {padding}. "
        "Write it as a pad operator."
    )


def padding_from_litert(
    value: int,
    shape: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Padding:
    """LiteRT's SAME or VALID as explicit padding of an NHWC `shape`."""
    return same_padding_2d(shape, kernel, stride, dilation) if value == LITERT_SAME else NO_PADDING


def windows(
    x: Array,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    dilation: tuple[int, int] = (1, 1),
    fill: float = 0,
) -> Array:
    """Sliding windows of an NHWC array as (N, OH, OW, KH, KW, C), a view of the padded copy."""
    top, bottom, left, right = padding
    if padding != NO_PADDING:
        x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    span = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, span, axis=(1, 2))
    view = view[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)


def rank_is(index: int, rank: int) -> Callable[[BoundNode], bool]:
    """Constraint: input `index` has `rank` dimensions."""

    def rule(bound: BoundNode) -> bool:
        return len(bound.input(index).shape) == rank

    rule.__doc__ = f"input {index} must have rank {rank}"
    return rule


def weights_match_input(bound: BoundNode) -> bool:
    """the weights must have the element type of the input, int8 for int16"""
    x = bound.input(0).dtype
    return bound.input(1).dtype is (DType.INT8 if x is DType.INT16 else x) and bound.output.dtype is x


def wide_bias(bound: BoundNode) -> bool:
    """int16 operators need an int64 bias"""
    bias = bound.optional(2)
    return bias is None or bound.output.dtype is not DType.INT16 or bias.dtype is DType.INT64


def constant_input(index: int, what: str) -> Callable[[BoundNode], bool]:
    """Constraint: input `index`, named `what` in the message, is constant or absent."""

    def rule(bound: BoundNode) -> bool:
        tensor = bound.optional(index)
        return tensor is None or tensor.is_constant

    rule.__doc__ = f"the {what} must be constant"
    return rule


# element types of operators that compute with quantised and with plain numbers
ARITHMETIC = (DType.FLOAT32, DType.INT8, DType.INT32)
# those that also compute with int16 codes
ARITHMETIC_S16 = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32)
