"""mean: average over axes, usually the spatial ones (global average pooling)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Numerics
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, ParamValue, Result, is_int8
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.onnx_helpers import reshape
from edgeml.ops.reduction import ReduceAttrs, Total, loops, reduced
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class MeanAttrs(ReduceAttrs):
    """Those of every reduction; height and width by default."""

    axes: tuple[int, ...] = (1, 2)


class Mean(Total):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes.

    int8 as `Total` says; tflm: the sum of x - zero point requantised by `mean_factor`.
    """

    name = "mean"
    attrs_type = MeanAttrs
    litert = LiteRT("MEAN", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceMean"
    tflm = EXACT
    kernels = ("reduce_s8", "mean_fixed_s8", "reduce_f32")
    dtypes = (DType.FLOAT32, DType.INT8)
    kind = 1
    function = "mean"

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        return (np.asarray(x.mean(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.float32)),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        if bound.numerics is not Numerics.TFLM:
            return super().reference_s8(bound, *inputs)
        attrs, x, zero_point = self.attrs(bound), inputs[0], bound.input(0).type.zero_point
        assert x is not None
        total = np.asarray(x.sum(axis=attrs.axes, keepdims=attrs.keep_dims, dtype=np.int32))
        centred = total - zero_point * reduced(bound)
        return (requantize(centred, mean_factor(bound), bound.output.type.zero_point),)

    def share(self, bound: BoundNode) -> np.float32:
        return np.float32(np.float32(1) / np.float32(reduced(bound)))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, shape = self.attrs(bound), bound.input(0).shape
        if len(shape) != 4 or attrs.axes != (1, 2):
            super().to_onnx(bound, onnx)
            return
        value = onnx.node("GlobalAveragePool", [onnx.input(bound, 0)])
        if not attrs.keep_dims:
            value = onnx.node("Flatten", [value]) if shape[0] == 1 else reshape(onnx, value, bound.output.shape)
        onnx.output(bound, value)

    def kernel(self, bound: BoundNode) -> KernelCall:
        if not is_int8(bound) or bound.numerics is not Numerics.TFLM:
            return super().kernel(bound)
        factor, shift = mean_factor(bound).tolist()
        params: dict[str, ParamValue] = {
            **loops(bound.input(0).shape, self.attrs(bound).axes),
            "start": -bound.input(0).type.zero_point * reduced(bound),
            "output_zero_point": bound.output.type.zero_point,
            "multiplier": factor,
            "shift": shift,
        }
        return KernelCall("mean_fixed_s8", params, (Operand(0), Result()))


def mean_factor(bound: BoundNode) -> Array:
    """int32 (2,): input scale / output scale / number of elements as a fixed-point factor.

    The division is TensorFlow Lite's (`QuantizedMeanOrSum`): the multiplier gets as many bits more as the count has.
    """
    count = reduced(bound)
    factor, shift = quantize_multiplier(bound.input(0).type.scale / bound.output.type.scale).tolist()
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return np.asarray([(factor << bits) // count, shift - bits], np.int32)
