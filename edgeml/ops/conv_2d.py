"""conv_2d: 2-D convolution, weights OHWI, optional bias and fused activation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, TensorType
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, Scratch, is_int16
from edgeml.ops.common import activation_f32, builtin_activation_range_s8, fused_range_s8, windows
from edgeml.ops.convolution import (
    Convolution,
    ConvolutionAttrs,
    conv_output_size,
    conv_scales,
    weight_zero_point,
    weighted_kernel,
)
from edgeml.ops.int16 import factor_table, rescale, saturate_s16, weighted_call, weighted_factors, with_bias
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class Conv2DAttrs(ConvolutionAttrs):
    """Those of every convolution."""


class Conv2D(Convolution[Conv2DAttrs]):
    """x (1, H, W, C), weights (O, KH, KW, C), bias (O,) -> (1, OH, OW, O)."""

    name = "conv_2d"
    attrs_type = Conv2DAttrs
    litert = LiteRT("CONV_2D", "Conv2DOptions", version_int8=3, version_int16=4)
    onnx = "Conv"
    kernels = ("conv_2d_s8", "conv_2d_s16", "conv_2d_narrow_s16", "conv_2d_f32")
    tflm = EXACT
    dtypes = REALS
    weight_axis = 0
    onnx_perm = (0, 3, 1, 2)

    def infer(self, attrs: Conv2DAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        if len(x.shape) != 4 or len(w.shape) != 4 or x.shape[3] != w.shape[3]:
            raise GraphError(
                f"conv_2d: the input's channels must equal the weights' last dimension. Got {x.shape} and {w.shape}."
            )
        out = conv_output_size(x.shape, (w.shape[1], w.shape[2]), attrs)
        return (TensorType((x.shape[0], *out, w.shape[0]), x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, bias = _three(inputs)
        attrs = self.attrs(bound)
        y = _convolve(x, w, attrs, fill=0)
        if bias is not None:
            y = y + bias
        return (activation_f32(attrs.activation, y).astype(np.float32, copy=False),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, bias = _three(inputs)
        attrs = self.attrs(bound)
        zero_point = bound.input(0).type.zero_point
        # float matrix products use BLAS, and are exact below 2^24 (float32) and 2^53 (float64)
        weight_zero = weight_zero_point(bound)
        largest = 255 * (128 + abs(weight_zero)) * (w.size // w.shape[0])
        real: type[np.floating[Any]] = np.float32 if largest < 2**24 else np.float64
        weights = w.astype(real) - real(weight_zero)
        acc = _convolve(x.astype(real) - real(zero_point), weights, attrs, fill=0).astype(np.int32)
        if bias is not None:
            acc = acc + bias
        out = bound.output.type
        low, high = fused_range_s8(bound, attrs.activation)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, _ = _three(inputs)
        attrs = self.attrs(bound)
        # exact: sums of 24-bit products stay far below 2^53
        acc = _convolve(x.astype(np.float64), w.astype(np.float64), attrs, fill=0)
        steps = rescale(with_bias(bound, acc), weighted_factors(bound))
        return (saturate_s16(steps, *builtin_activation_range_s8(attrs.activation, bound.output.type)),)

    def macs(self, bound: BoundNode) -> int:
        return bound.output.type.elements * int(np.prod(bound.input(1).shape[1:]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        if is_int16(bound):
            return weighted_call(bound, self.window_params(bound), factor_table(bound), bound.output.shape[0])
        w = bound.input(1).shape
        # two windows side by side, 16 bits an element
        patch = Scratch(4 * w[1] * w[2] * w[3])
        return weighted_kernel(
            bound, self.attrs(bound).activation, self.window_params(bound), patch, repeat=bound.output.shape[0]
        )


def _three(inputs: tuple[Array | None, ...]) -> tuple[Array, Array, Array | None]:
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    return x, w, inputs[2] if len(inputs) > 2 else None


def _convolve(x: Array, w: Array, attrs: Conv2DAttrs, fill: float) -> Array:
    view = windows(x, (w.shape[1], w.shape[2]), attrs.stride, attrs.padding, attrs.dilation, fill)
    # one large product: NumPy would take a batch of matrices one small product at a time
    rows = view.reshape(-1, w.size // w.shape[0])
    y: Array = rows @ w.reshape(w.shape[0], -1).T
    return y.reshape(*view.shape[:3], -1)
