"""depthwise_conv_2d: each input channel has its own filters; weights (1, KH, KW, C * multiplier)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, TensorType
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, is_int16
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
class DepthwiseConv2DAttrs(ConvolutionAttrs):
    """The channel multiplier is weights' channels / input's channels."""


class DepthwiseConv2D(Convolution[DepthwiseConv2DAttrs]):
    """x (1, H, W, C), weights (1, KH, KW, C*M), bias (C*M,) -> (1, OH, OW, C*M); output c*M+m reads channel c."""

    name = "depthwise_conv_2d"
    attrs_type = DepthwiseConv2DAttrs
    litert = LiteRT("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", version_int8=3, version_int16=5)
    onnx = "Conv"
    kernels = (
        "depthwise_conv_2d_s8", "depthwise_conv_2d_s16", "depthwise_conv_2d_narrow_s16", "depthwise_conv_2d_f32",
    )  # fmt: skip
    tflm = EXACT
    dtypes = REALS
    weight_axis = 3
    # ONNX groups its output channels by input channel too, so only the dimensions move
    onnx_perm = (3, 0, 1, 2)

    def infer(self, attrs: DepthwiseConv2DAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        if len(x.shape) != 4 or len(w.shape) != 4 or w.shape[0] != 1 or w.shape[3] % x.shape[3]:
            raise GraphError(
                "depthwise_conv_2d: weights must be (1, KH, KW, C * multiplier) for an input of C channels. "
                f"Got {x.shape} and {w.shape}."
            )
        out = conv_output_size(x.shape, (w.shape[1], w.shape[2]), attrs)
        return (TensorType((x.shape[0], *out, w.shape[3]), x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs = self.attrs(bound)
        y = _depthwise(inputs, attrs)
        return (activation_f32(attrs.activation, y).astype(np.float32, copy=False),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        attrs = self.attrs(bound)
        centred = x.astype(np.int32) - bound.input(0).type.zero_point
        acc = _depthwise((centred, w.astype(np.int32) - weight_zero_point(bound), *inputs[2:]), attrs).astype(np.int32)
        out = bound.output.type
        low, high = fused_range_s8(bound, attrs.activation)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        attrs = self.attrs(bound)
        acc = _depthwise((x.astype(np.float64), w.astype(np.float64)), attrs)
        steps = rescale(with_bias(bound, acc), weighted_factors(bound))
        return (saturate_s16(steps, *builtin_activation_range_s8(attrs.activation, bound.output.type)),)

    def macs(self, bound: BoundNode) -> int:
        w = bound.input(1).shape
        return bound.output.type.elements * w[1] * w[2]

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {**super().litert_options(bound), "depthMultiplier": _multiplier(bound)}

    def onnx_options(self, bound: BoundNode) -> dict[str, Any]:
        return {"group": bound.input(0).shape[3]}

    def kernel(self, bound: BoundNode) -> KernelCall:
        params = {**self.window_params(bound), "multiplier": _multiplier(bound)}
        if is_int16(bound):
            return weighted_call(bound, params, factor_table(bound), bound.output.shape[0])
        return weighted_kernel(bound, self.attrs(bound).activation, params, repeat=bound.output.shape[0])


def _multiplier(bound: BoundNode) -> int:
    """Output channels for each input channel."""
    return bound.input(1).shape[3] // bound.input(0).shape[3]


def _depthwise(inputs: tuple[Array | None, ...], attrs: DepthwiseConv2DAttrs) -> Array:
    """Sum over the window, plus bias, in the element type of the operands."""
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    bias = inputs[2] if len(inputs) > 2 else None
    kernel = (w.shape[1], w.shape[2])
    view = windows(x, kernel, attrs.stride, attrs.padding, attrs.dilation)
    filters = w.reshape(*kernel, x.shape[3], -1)
    y: Array = np.einsum("nhwijc,ijcm->nhwcm", view, filters).reshape(*view.shape[:3], -1)
    return y if bias is None else y + bias
