"""transpose_conv: transposed 2-D convolution, weights OHWI, optional bias and fused activation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Shape, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operator
from edgeml.ops.common import (
    LITERT_SAME,
    LITERT_VALID,
    NO_PADDING,
    Activation,
    Padding,
    activation_f32,
    activation_range_s8,
    constant_input,
    rank_is,
    weights_match_input,
)
from edgeml.ops.convolution import conv_scales, rescale_below_256, symmetric_weights, weighted_kernel
from edgeml.ops.onnx_helpers import emit_activation
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class TransposeConvAttrs(Attributes):
    """`stride` is (height, width). `padding` cuts (top, bottom, left, right) off the full output.

    A negative bottom or right padding adds rows or columns that no input reaches (ONNX's output_padding).
    """

    stride: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    activation: Activation = Activation.NONE


class TransposeConv(Operator[TransposeConvAttrs]):
    """x (N, H, W, C), weights (O, KH, KW, C), bias (O,) -> (N, OH, OW, O), OH = (H - 1) * stride + KH - padding."""

    name = "transpose_conv"
    attrs_type = TransposeConvAttrs
    litert = LiteRT("TRANSPOSE_CONV", "TransposeConvOptions", {}, {"output_shape": 0}, order=(1, 0, 2))
    onnx = "ConvTranspose"
    kernels = ("transpose_conv_s8", "transpose_conv_f32")
    weight_axis = 0
    litert_bound = 1
    litert_bound_reason = (
        "leaves its delegate where no input reaches the last rows or columns (negative padding), and rounds twice there"
    )
    onnx_bound = 1
    onnx_bound_reason = "adds up in float32, where sums of many products are rounded"
    constraints = (
        rank_is(0, 4),
        constant_input(1, "weights"),
        constant_input(2, "bias"),
        weights_match_input,
        symmetric_weights,
        rescale_below_256,
    )

    def infer(self, attrs: TransposeConvAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        if len(x.shape) != 4 or len(w.shape) != 4 or x.shape[3] != w.shape[3]:
            raise GraphError(
                "transpose_conv: the input's channels must equal the weights' last dimension. Got "
                f"{x.shape} and {w.shape}."
            )
        top, bottom, left, right = attrs.padding
        height, width = full_size(x.shape, w.shape, attrs.stride)
        out = (height - top - bottom, width - left - right)
        if min(top, left) < 0 or min(*out, *attrs.stride) < 1:
            raise GraphError(f"transpose_conv: an output of {out} from an input of {x.shape} is not possible. {attrs}.")
        return (TensorType((x.shape[0], *out, w.shape[0]), x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, bias = _three(inputs)
        y = self._spread(bound, x, w)
        y = y if bias is None else y + bias
        return (activation_f32(self.attrs(bound).activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w, bias = _three(inputs)
        # float64 matrix products are exact for int8 operands and use BLAS
        centred = x.astype(np.float64) - bound.input(0).type.zero_point
        acc = self._spread(bound, centred, w.astype(np.float64)).astype(np.int32)
        if bias is not None:
            acc = acc + bias
        out = bound.output.type
        low, high = activation_range_s8(self.attrs(bound).activation, out)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def _spread(self, bound: BoundNode, x: Array, w: Array) -> Array:
        """The sum of every input pixel's products, without the padding."""
        (sh, sw), (top, _, left, _) = self.attrs(bound).stride, self.attrs(bound).padding
        n, h, wide, _ = x.shape
        outputs, kh, kw, _ = w.shape
        _, oh, ow, _ = bound.output.shape
        full = np.zeros((n, max((h - 1) * sh + kh, top + oh), max((wide - 1) * sw + kw, left + ow), outputs), x.dtype)
        for i in range(kh):
            for j in range(kw):
                full[:, i : i + (h - 1) * sh + 1 : sh, j : j + (wide - 1) * sw + 1 : sw] += x @ w[:, i, j].T
        return full[:, top : top + oh, left : left + ow]

    def macs(self, bound: BoundNode) -> int:
        return bound.input(0).type.elements * int(np.prod(bound.input(1).shape[:3]))

    def litert_version(self, bound: BoundNode) -> int:
        if self.attrs(bound).activation is not Activation.NONE:
            return 4
        return 3 if bound.optional(2) is not None else super().litert_version(bound)

    def litert_operand(self, bound: BoundNode, attr: str) -> tuple[Array, None]:
        return np.asarray(bound.output.shape, np.int32), None

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        spelled = litert_padding(bound)
        if spelled is None:
            raise GraphError(
                f"transpose_conv '{bound.name}': LiteRT knows only SAME and VALID padding. Got {attrs.padding}."
            )
        return {
            "padding": spelled, "strideH": attrs.stride[0], "strideW": attrs.stride[1],
            "fusedActivationFunction": attrs.activation.value, "quantizedBiasType": 0,
        }  # fmt: skip

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, w = self.attrs(bound), bound.input(1).shape
        top, bottom, left, right = attrs.padding
        args = [onnx.input(bound, 0), onnx.weight(bound, 1, (3, 0, 1, 2))]
        if bound.optional(2) is not None:
            args.append(onnx.weight(bound, 2, (0,)))
        extra = [max(-bottom, 0), max(-right, 0)]
        options = {"output_padding": extra} if any(extra) else {}
        y = onnx.node(
            "ConvTranspose",
            args,
            kernel_shape=[w[1], w[2]],
            strides=list(attrs.stride),
            pads=[top, left, max(bottom, 0), max(right, 0)],
            **options,
        )
        onnx.output(bound, emit_activation(onnx, bound, y, attrs.activation))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        x, w, y = bound.input(0).shape, bound.input(1).shape, bound.output.shape
        params = {
            "batches": x[0], "input_h": x[1], "input_w": x[2], "input_c": x[3],
            "kernel_h": w[1], "kernel_w": w[2],
            "output_h": y[1], "output_w": y[2], "output_c": y[3],
            "stride_h": attrs.stride[0], "stride_w": attrs.stride[1],
            "pad_top": attrs.padding[0], "pad_left": attrs.padding[2],
        }  # fmt: skip
        return weighted_kernel(bound, attrs.activation, params)


def full_size(x: Shape, w: Shape, stride: tuple[int, int]) -> tuple[int, int]:
    """(height, width) that the inputs reach, before anything is cut off."""
    return (x[1] - 1) * stride[0] + w[1], (x[2] - 1) * stride[1] + w[2]


def same_padding(x: Shape, w: Shape, stride: tuple[int, int], out: tuple[int, int]) -> Padding:
    """LiteRT's SAME padding for an output of size `out`, the odd row or column cut off at the end."""
    height, width = full_size(x, w, stride)
    top, left = max(0, height - out[0]) // 2, max(0, width - out[1]) // 2
    return top, height - out[0] - top, left, width - out[1] - left


def litert_padding(bound: BoundNode) -> int | None:
    """LiteRT's SAME or VALID, or None when the padding is neither."""
    attrs = bound.node.attrs
    assert isinstance(attrs, TransposeConvAttrs)
    if attrs.padding == NO_PADDING:
        return LITERT_VALID
    x, w, y = bound.input(0).shape, bound.input(1).shape, bound.output.shape
    same_size = (x[1] * attrs.stride[0], x[2] * attrs.stride[1]) == (y[1], y[2])
    same = same_padding(x, w, attrs.stride, (y[1], y[2]))
    return LITERT_SAME if same_size and attrs.padding == same else None


def _three(inputs: tuple[Array | None, ...]) -> tuple[Array, Array, Array | None]:
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    return x, w, inputs[2] if len(inputs) > 2 else None
