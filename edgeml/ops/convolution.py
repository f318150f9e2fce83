"""What conv_2d and depthwise_conv_2d share: attributes, spelling, parameters; and the scales of weighted operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, Graph, Numerics, TensorType
from edgeml.ops.base import (
    QUANTIZED,
    KernelCall,
    OnnxEmitter,
    Operand,
    Operator,
    ParamValue,
    Result,
    Scratch,
    Table,
    is_int8,
    is_int16,
)
from edgeml.ops.common import (
    NO_PADDING,
    Activation,
    Padding,
    activation_range,
    builtin_activation_range_s8,
    constant_input,
    fused_range_s8,
    padding_from_litert,
    padding_to_litert,
    rank_is,
    weights_match_input,
    wide_bias,
    window_size,
)
from edgeml.ops.int16 import sums_below_2_43, weighted_factors
from edgeml.ops.onnx_fixed_point import rescaled, saturated
from edgeml.ops.onnx_helpers import emit_activation, onnx_pads
from edgeml.ops.onnx_products_s16 import summed_products
from edgeml.ops.requantize import multiplier


@dataclass(frozen=True)
class ConvolutionAttrs(Attributes):
    """`stride` and `dilation` are (height, width)."""

    stride: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


# operators whose weights may have a zero point
_WEIGHTED = ("conv_2d", "depthwise_conv_2d", "fully_connected")
A = TypeVar("A", bound=ConvolutionAttrs)


def weight_zero_point(bound: BoundNode) -> int:
    """Zero point of the weights: 0 but for graphs from uint8 files."""
    weights = bound.input(1).quantization
    return 0 if weights is None else weights.zero_point[0]


def one_weight_zero_point(bound: BoundNode) -> bool:
    """int8 weights must be symmetric, or (litert numerics, int8) have one scale and zero point for the whole tensor"""
    weights = bound.input(1).quantization
    if weights is None or not any(weights.zero_point):
        return True
    if is_int16(bound):
        return False
    return weights.axis is None and bound.numerics is Numerics.LITERT


def rescale_below_256(bound: BoundNode) -> bool:
    """the input scale times each weight scale must be below 256 times the output scale"""
    x, w, y = bound.input(0).quantization, bound.input(1).quantization, bound.output.quantization
    if bound.output.dtype not in QUANTIZED or x is None or w is None or y is None:
        return True
    return bool(multiplier(x.scale[0], w.scales, y.scale[0]).max() < 256)


def symmetric_weights(bound: BoundNode) -> bool:
    """the weights must be symmetric (zero point 0)"""
    weights = bound.input(1).quantization
    return weights is None or not any(weights.zero_point)


class Convolution(Operator[A]):
    """x (1, H, W, C), weights of rank 4 with (KH, KW) in dimensions 1 and 2, bias (O,) -> (1, OH, OW, O)."""

    constraints = (
        rank_is(0, 4),
        rank_is(1, 4),
        constant_input(1, "weights"),
        constant_input(2, "bias"),
        weights_match_input,
        wide_bias,
        one_weight_zero_point,
        rescale_below_256,
        sums_below_2_43,
    )
    # dimensions of the weights as Conv has them: output channels, input channels of a group, height, width
    onnx_perm: ClassVar[tuple[int, ...]]

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        x, w = bound.input(0).shape, bound.input(1).shape
        return {
            "strideH": attrs.stride[0],
            "strideW": attrs.stride[1],
            "dilationHFactor": attrs.dilation[0],
            "dilationWFactor": attrs.dilation[1],
            "fusedActivationFunction": attrs.activation.value,
            "padding": padding_to_litert(bound, x, attrs.padding, (w[1], w[2]), attrs.stride, attrs.dilation),
        }

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> Attributes:
        x, w = types[0], types[1]
        assert x is not None and w is not None
        stride = (options["strideH"], options["strideW"])
        dilation = (options["dilationHFactor"], options["dilationWFactor"])
        padding = padding_from_litert(options["padding"], x.shape, (w.shape[1], w.shape[2]), stride, dilation)
        return self.attrs_type(  # type: ignore[call-arg]
            stride=stride,
            padding=padding,
            dilation=dilation,
            activation=Activation(options["fusedActivationFunction"]),
        )

    def onnx_options(self, bound: BoundNode) -> dict[str, Any]:
        """Further attributes of the ONNX node."""
        return {}

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        args = [onnx.input(bound, 0), onnx.weight(bound, 1, self.onnx_perm)]
        if bound.optional(2) is not None:
            args.append(onnx.weight(bound, 2, (0,)))
        y = onnx.node("Conv", args, **self._onnx_attributes(bound))
        onnx.output(bound, emit_activation(onnx, bound, y, self.attrs(bound).activation))

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        weights = onnx.constant(bound, 1, self.onnx_perm)
        attributes = self._onnx_attributes(bound)
        acc = summed_products(bound, onnx, "ConvInteger", onnx.codes(bound, 0), weights, 0, **attributes)
        bias = 0 if bound.optional(2) is None else onnx.constant(bound, 2, (0,)).reshape(-1, 1, 1)
        steps = rescaled(onnx, acc, weighted_factors(bound).reshape(-1, 1, 1, 2), bias)
        low, high = builtin_activation_range_s8(self.attrs(bound).activation, bound.output.type)
        onnx.output_codes(bound, saturated(onnx, steps, low, high))

    def _onnx_attributes(self, bound: BoundNode) -> dict[str, Any]:
        attrs, w = self.attrs(bound), bound.input(1).shape
        return {
            "kernel_shape": [w[1], w[2]],
            "strides": list(attrs.stride),
            "dilations": list(attrs.dilation),
            "pads": onnx_pads(attrs.padding),
            **self.onnx_options(bound),
        }

    def window_params(self, bound: BoundNode) -> dict[str, ParamValue]:
        """Sizes, strides, dilations and paddings, as every convolution kernel takes them."""
        attrs = self.attrs(bound)
        x, w, y = bound.input(0).shape, bound.input(1).shape, bound.output.shape
        return {
            "input_h": x[1], "input_w": x[2], "input_c": x[3],
            "kernel_h": w[1], "kernel_w": w[2],
            "output_h": y[1], "output_w": y[2], "output_c": y[3],
            "stride_h": attrs.stride[0], "stride_w": attrs.stride[1],
            "dilation_h": attrs.dilation[0], "dilation_w": attrs.dilation[1],
            "pad_top": attrs.padding[0], "pad_left": attrs.padding[2],
        }  # fmt: skip


def weighted_kernel(
    bound: BoundNode,
    activation: Activation,
    params: Mapping[str, ParamValue],
    scratch: Scratch | None = None,
    repeat: int = 1,
) -> KernelCall:
    """The `<op>_s8` or `<op>_f32` call of an operator with weights and bias; `scratch` is for the int8 kernel."""
    name = bound.node.op
    operands = (Operand(0), Operand(1), Operand(2))
    if not is_int8(bound):
        low, high = activation_range(activation)
        return KernelCall(
            f"{name}_f32", {**params, "activation_min": low, "activation_max": high}, (*operands, Result()), repeat
        )
    low_q, high_q = fused_range_s8(bound, activation)
    params_s8 = {
        **params,
        "input_zero_point": bound.input(0).type.zero_point,
        "output_zero_point": bound.output.type.zero_point,
        **({"weight_zero_point": weight_zero_point(bound)} if name in _WEIGHTED else {}),
        "activation_min": low_q,
        "activation_max": high_q,
    }
    working = () if scratch is None else (scratch,)
    scales = Table("scale", conv_scales(bound), "edgeml_scale")
    return KernelCall(f"{name}_s8", params_s8, (*operands, scales, *working, Result()), repeat)


def conv_output_size(shape: tuple[int, ...], kernel: tuple[int, int], attrs: Any) -> tuple[int, int]:
    """(OH, OW); `attrs` has stride, padding and dilation. Raises GraphError when no window fits."""
    top, bottom, left, right = attrs.padding
    height = window_size(shape[1], kernel[0], attrs.stride[0], attrs.dilation[0], top, bottom)
    width = window_size(shape[2], kernel[1], attrs.stride[1], attrs.dilation[1], left, right)
    if height < 1 or width < 1:
        raise GraphError(f"a {kernel} window does not fit into an input of {shape} with padding {attrs.padding}.")
    return height, width


def has_weight_zero_points(graph: Graph) -> bool:
    """Whether some int8 weights are asymmetric, as in uint8 files; LiteRT's int8 kernels take symmetric ones only."""
    return any(
        bound.node.op in _WEIGHTED and bound.output.dtype is DType.INT8 and bool(weight_zero_point(bound))
        for bound in graph.bound()
    )


def conv_scales(bound: BoundNode) -> Array:
    """Requantisation scale for each output channel of a convolution or fully connected node; see `multiplier`."""
    weights = bound.input(1).quantization
    if weights is None:
        raise GraphError(f"{bound.node.op} '{bound.name}': int8 weights need a quantisation.")
    scales = multiplier(bound.input(0).type.scale, weights.scales, bound.output.type.scale, bound.numerics)
    return np.broadcast_to(scales, (bound.output.shape[-1], *scales.shape[1:])).copy()


def sum_range(bound: BoundNode, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Least and greatest accumulator of each channel, bias included, over every input; int64 (N,)."""
    w, bias = bound.input(1).data, bound.optional(2)
    assert w is not None
    zero_point = bound.input(0).type.zero_point
    real = w.astype(np.int64) - weight_zero_point(bound)
    positive, negative = np.maximum(real, 0).sum(axes).ravel(), np.minimum(real, 0).sum(axes).ravel()
    low, high = -128 - zero_point, 127 - zero_point
    offset = bias.data.astype(np.int64) if bias is not None and bias.data is not None else np.int64(0)
    return positive * low + negative * high + offset, positive * high + negative * low + offset
