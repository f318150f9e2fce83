"""depthwise_conv_2d: each input channel has its own filters; weights (1, KH, KW, C * multiplier)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result, Table, is_int8
from edgeml.ops.common import (
    NO_PADDING,
    Activation,
    Padding,
    activation_f32,
    activation_range,
    activation_range_s8,
    constant_input,
    padding_from_litert,
    padding_to_litert,
    rank_is,
    weights_match_input,
    windows,
)
from edgeml.ops.conv_2d import conv_output_size, conv_scales
from edgeml.ops.onnx_helpers import emit_activation, onnx_pads
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class DepthwiseConv2DAttrs(Attributes):
    """The channel multiplier is weights' channels / input's channels."""

    stride: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


class DepthwiseConv2D(Operator[DepthwiseConv2DAttrs]):
    """x (1, H, W, C), weights (1, KH, KW, C*M), bias (C*M,) -> (1, OH, OW, C*M); output c*M+m reads channel c."""

    name = "depthwise_conv_2d"
    attrs_type = DepthwiseConv2DAttrs
    litert = LiteRT("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", version_int8=3)
    onnx = "Conv"
    kernels = ("depthwise_conv_2d_s8", "depthwise_conv_2d_f32")
    constraints = (
        rank_is(0, 4),
        rank_is(1, 4),
        constant_input(1, "weights"),
        constant_input(2, "bias"),
        weights_match_input,
    )

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
        return (activation_f32(attrs.activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        attrs = self.attrs(bound)
        centred = x.astype(np.int32) - bound.input(0).type.zero_point
        acc = _depthwise((centred, w.astype(np.int32), *inputs[2:]), attrs).astype(np.int32)
        out = bound.output.type
        low, high = activation_range_s8(attrs.activation, out)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def macs(self, bound: BoundNode) -> int:
        w = bound.input(1).shape
        return bound.output.type.elements * w[1] * w[2]

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        x, w = bound.input(0).shape, bound.input(1).shape
        return {
            "strideH": attrs.stride[0],
            "strideW": attrs.stride[1],
            "dilationHFactor": attrs.dilation[0],
            "dilationWFactor": attrs.dilation[1],
            "depthMultiplier": w[3] // x[3],
            "fusedActivationFunction": attrs.activation.value,
            "padding": padding_to_litert(bound, x, attrs.padding, (w[1], w[2]), attrs.stride, attrs.dilation),
        }

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> DepthwiseConv2DAttrs:
        x, w = types[0], types[1]
        assert x is not None and w is not None
        stride = (options["strideH"], options["strideW"])
        dilation = (options["dilationHFactor"], options["dilationWFactor"])
        padding = padding_from_litert(options["padding"], x.shape, (w.shape[1], w.shape[2]), stride, dilation)
        return DepthwiseConv2DAttrs(stride, padding, dilation, Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        w = bound.input(1).shape
        # ONNX groups its output channels by input channel too, so only the dimensions move
        args = [onnx.input(bound, 0), onnx.weight(bound, 1, (3, 0, 1, 2))]
        if bound.optional(2) is not None:
            args.append(onnx.weight(bound, 2, (0,)))
        y = onnx.node(
            "Conv",
            args,
            group=bound.input(0).shape[3],
            kernel_shape=[w[1], w[2]],
            strides=list(attrs.stride),
            dilations=list(attrs.dilation),
            pads=onnx_pads(attrs.padding),
        )
        onnx.output(bound, emit_activation(onnx, bound, y, attrs.activation))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        x, w, y = bound.input(0).shape, bound.input(1).shape, bound.output.shape
        params = {
            "input_h": x[1], "input_w": x[2], "input_c": x[3],
            "kernel_h": w[1], "kernel_w": w[2],
            "output_h": y[1], "output_w": y[2], "output_c": y[3],
            "multiplier": w[3] // x[3],
            "stride_h": attrs.stride[0], "stride_w": attrs.stride[1],
            "dilation_h": attrs.dilation[0], "dilation_w": attrs.dilation[1],
            "pad_top": attrs.padding[0], "pad_left": attrs.padding[2],
        }  # fmt: skip
        if not is_int8(bound):
            low, high = activation_range(attrs.activation)
            params_f32 = {**params, "activation_min": low, "activation_max": high}
            return KernelCall("depthwise_conv_2d_f32", params_f32, (Operand(0), Operand(1), Operand(2), Result()))
        low_q, high_q = activation_range_s8(attrs.activation, bound.output.type)
        params |= {
            "input_zero_point": bound.input(0).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
            "activation_min": low_q, "activation_max": high_q,
        }  # fmt: skip
        scales = Table("scale", conv_scales(bound))
        return KernelCall("depthwise_conv_2d_s8", params, (Operand(0), Operand(1), Operand(2), scales, Result()))


def _depthwise(inputs: tuple[Array | None, ...], attrs: DepthwiseConv2DAttrs) -> Array:
    """Sum over the window, plus bias, in the element type of the operands."""
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    bias = inputs[2] if len(inputs) > 2 else None
    kernel = (w.shape[1], w.shape[2])
    view = windows(x, kernel, attrs.stride, attrs.padding, attrs.dilation)
    n, height, width = view.shape[:3]
    channels = x.shape[3]
    filters = w.reshape(*kernel, channels, -1)
    acc = np.zeros((n, height, width, channels, filters.shape[3]), x.dtype)
    # one step per tap keeps the temporary as small as the output
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            acc += view[:, :, :, i, j, :, None] * filters[i, j]
    y: Array = acc.reshape(n, height, width, -1)
    return y if bias is None else y + bias
