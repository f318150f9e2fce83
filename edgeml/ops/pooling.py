"""What max_pool_2d and average_pool_2d share: attributes, shape rule, spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, TensorType
from edgeml.ops.base import QUANTIZED, KernelCall, OnnxEmitter, Operand, Operator, Result, is_int8, is_int16
from edgeml.ops.common import (
    NO_PADDING,
    Activation,
    Padding,
    activation_range,
    builtin_activation_range_s8,
    fused_range_s8,
    padding_from_litert,
    padding_to_litert,
    window_size,
)
from edgeml.ops.onnx_helpers import emit_activation, onnx_pads


@dataclass(frozen=True)
class PoolAttrs(Attributes):
    """`kernel` and `stride` are (height, width)."""

    kernel: tuple[int, int] = (2, 2)
    stride: tuple[int, int] = (2, 2)
    padding: Padding = NO_PADDING
    activation: Activation = Activation.NONE


def padding_below_kernel(bound: BoundNode) -> bool:
    """padding must be smaller than the window, so that every window holds an element of the input"""
    attrs = bound.node.attrs
    assert isinstance(attrs, PoolAttrs)
    (top, bottom, left, right), (height, width) = attrs.padding, attrs.kernel
    return max(top, bottom) < height and max(left, right) < width


class Pool(Operator[PoolAttrs]):
    """x (1, H, W, C) -> (1, OH, OW, C); padding never counts as a value."""

    attrs_type = PoolAttrs
    # further attributes of the ONNX node
    onnx_options: ClassVar[Mapping[str, Any]] = {}

    def infer(self, attrs: PoolAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if len(x.shape) != 4:
            raise GraphError(f"{self.name}: the input must have rank 4, as NHWC. Got {x.shape}.")
        top, bottom, left, right = attrs.padding
        height = window_size(x.shape[1], attrs.kernel[0], attrs.stride[0], 1, top, bottom)
        width = window_size(x.shape[2], attrs.kernel[1], attrs.stride[1], 1, left, right)
        if height < 1 or width < 1:
            raise GraphError(
                f"{self.name}: a {attrs.kernel} window does not fit into an input of {x.shape} with padding "
                f"{attrs.padding}."
            )
        return (TensorType((x.shape[0], height, width, x.shape[3]), x.dtype),)

    def bounds_s8(self, bound: BoundNode) -> tuple[int, int]:
        """Bounds of the fused activation in codes of the output."""
        if is_int16(bound):
            return builtin_activation_range_s8(self.attrs(bound).activation, bound.output.type)
        return fused_range_s8(bound, self.attrs(bound).activation)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        return {
            "strideH": attrs.stride[0],
            "strideW": attrs.stride[1],
            "filterHeight": attrs.kernel[0],
            "filterWidth": attrs.kernel[1],
            "fusedActivationFunction": attrs.activation.value,
            "padding": padding_to_litert(bound, bound.input(0).shape, attrs.padding, attrs.kernel, attrs.stride),
        }

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> PoolAttrs:
        x = types[0]
        assert x is not None
        kernel = (options["filterHeight"], options["filterWidth"])
        stride = (options["strideH"], options["strideW"])
        padding = padding_from_litert(options["padding"], x.shape, kernel, stride)
        return PoolAttrs(kernel, stride, padding, Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        assert isinstance(self.onnx, str)
        y = onnx.node(self.onnx, [onnx.input(bound, 0)], **self.onnx_window(bound), **self.onnx_options)
        onnx.output(bound, emit_activation(onnx, bound, self.onnx_rounding(bound, onnx, y), attrs.activation))

    def onnx_window(self, bound: BoundNode) -> dict[str, Any]:
        """The attributes of ONNX's windows."""
        attrs = self.attrs(bound)
        return {
            "kernel_shape": list(attrs.kernel),
            "strides": list(attrs.stride),
            "pads": onnx_pads(attrs.padding),
        }

    def onnx_rounding(self, bound: BoundNode, onnx: OnnxEmitter, y: str) -> str:
        """`y` such that QuantizeLinear, which rounds halves to even, rounds as LiteRT does."""
        return y

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        x, y = bound.input(0).shape, bound.output.shape
        low, high = activation_range(attrs.activation)
        if bound.output.dtype in QUANTIZED:
            low, high = self.bounds_s8(bound)
        params = {
            "input_h": x[1], "input_w": x[2], "channels": x[3],
            "kernel_h": attrs.kernel[0], "kernel_w": attrs.kernel[1],
            "output_h": y[1], "output_w": y[2],
            "stride_h": attrs.stride[0], "stride_w": attrs.stride[1],
            "pad_top": attrs.padding[0], "pad_left": attrs.padding[2],
            "activation_min": low, "activation_max": high,
        }  # fmt: skip
        suffix = "s8" if is_int8(bound) else "s16" if is_int16(bound) else "f32"
        return KernelCall(f"{self.name}_{suffix}", params, (Operand(0), Result()), repeat=x[0])
