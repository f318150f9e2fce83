"""conv_2d: 2-D convolution, weights OHWI, optional bias and fused activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result, Scratch, Table, is_int8
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
    window_size,
    windows,
)
from edgeml.ops.onnx_helpers import emit_activation, onnx_pads
from edgeml.ops.requantize import multiplier, requantize


@dataclass(frozen=True)
class Conv2DAttrs(Attributes):
    """`stride` and `dilation` are (height, width)."""

    stride: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


class Conv2D(Operator[Conv2DAttrs]):
    """x (1, H, W, C), weights (O, KH, KW, C), bias (O,) -> (1, OH, OW, O)."""

    name = "conv_2d"
    attrs_type = Conv2DAttrs
    litert = LiteRT("CONV_2D", "Conv2DOptions", version_int8=3)
    onnx = "Conv"
    kernels = ("conv_2d_s8", "conv_2d_f32")
    constraints = (
        rank_is(0, 4),
        rank_is(1, 4),
        constant_input(1, "weights"),
        constant_input(2, "bias"),
        weights_match_input,
    )

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
        return (activation_f32(attrs.activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, bias = _three(inputs)
        attrs = self.attrs(bound)
        zero_point = bound.input(0).type.zero_point
        # float64 matrix products are exact for int8 operands and use BLAS
        acc = _convolve(x.astype(np.float64) - zero_point, w.astype(np.float64), attrs, fill=0).astype(np.int32)
        if bias is not None:
            acc = acc + bias
        out = bound.output.type
        low, high = activation_range_s8(attrs.activation, out)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def macs(self, bound: BoundNode) -> int:
        return bound.output.type.elements * int(np.prod(bound.input(1).shape[1:]))

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        w = bound.input(1).shape
        return {
            "strideH": attrs.stride[0],
            "strideW": attrs.stride[1],
            "dilationHFactor": attrs.dilation[0],
            "dilationWFactor": attrs.dilation[1],
            "fusedActivationFunction": attrs.activation.value,
            "padding": padding_to_litert(
                bound, bound.input(0).shape, attrs.padding, (w[1], w[2]), attrs.stride, attrs.dilation
            ),
        }

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> Conv2DAttrs:
        x, w = types[0], types[1]
        assert x is not None and w is not None
        stride = (options["strideH"], options["strideW"])
        dilation = (options["dilationHFactor"], options["dilationWFactor"])
        padding = padding_from_litert(options["padding"], x.shape, (w.shape[1], w.shape[2]), stride, dilation)
        return Conv2DAttrs(stride, padding, dilation, Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        w = bound.input(1).shape
        args = [onnx.input(bound, 0), onnx.weight(bound, 1, (0, 3, 1, 2))]
        if bound.optional(2) is not None:
            args.append(onnx.weight(bound, 2, (0,)))
        y = onnx.node(
            "Conv",
            args,
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
            "stride_h": attrs.stride[0], "stride_w": attrs.stride[1],
            "dilation_h": attrs.dilation[0], "dilation_w": attrs.dilation[1],
            "pad_top": attrs.padding[0], "pad_left": attrs.padding[2],
        }  # fmt: skip
        if not is_int8(bound):
            low, high = activation_range(attrs.activation)
            params_f32 = {**params, "activation_min": low, "activation_max": high}
            return KernelCall("conv_2d_f32", params_f32, (Operand(0), Operand(1), Operand(2), Result()))
        low_q, high_q = activation_range_s8(attrs.activation, bound.output.type)
        params |= {
            "input_zero_point": bound.input(0).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
            "activation_min": low_q, "activation_max": high_q,
        }  # fmt: skip
        scales = Table("scale", conv_scales(bound))
        # two windows side by side, 16 bits an element
        patch = Scratch(4 * w[1] * w[2] * w[3])
        return KernelCall("conv_2d_s8", params, (Operand(0), Operand(1), Operand(2), scales, patch, Result()))


def conv_output_size(shape: tuple[int, ...], kernel: tuple[int, int], attrs: Any) -> tuple[int, int]:
    """(OH, OW); `attrs` has stride, padding and dilation. Raises GraphError when no window fits."""
    top, bottom, left, right = attrs.padding
    height = window_size(shape[1], kernel[0], attrs.stride[0], attrs.dilation[0], top, bottom)
    width = window_size(shape[2], kernel[1], attrs.stride[1], attrs.dilation[1], left, right)
    if height < 1 or width < 1:
        raise GraphError(f"a {kernel} window does not fit into an input of {shape} with padding {attrs.padding}.")
    return height, width


def conv_scales(bound: BoundNode) -> Array:
    """Requantisation scale for each output channel of a convolution or fully connected node, float32 (O,)."""
    weights = bound.input(1).quantization
    if weights is None:
        raise GraphError(f"{bound.node.op} '{bound.name}': int8 weights need a quantisation.")
    scales = multiplier(bound.input(0).type.scale, weights.scales, bound.output.type.scale)
    return np.broadcast_to(scales, (bound.output.shape[-1],)).copy()


def _three(inputs: tuple[Array | None, ...]) -> tuple[Array, Array, Array | None]:
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    return x, w, inputs[2] if len(inputs) > 2 else None


def _convolve(x: Array, w: Array, attrs: Conv2DAttrs, fill: float) -> Array:
    view = windows(x, (w.shape[1], w.shape[2]), attrs.stride, attrs.padding, attrs.dilation, fill)
    flat = view.reshape(*view.shape[:3], -1)
    return flat @ w.reshape(w.shape[0], -1).T
