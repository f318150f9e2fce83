"""dequantize: int8 or int16 to float32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, QUANTIZED, REALS, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result


def codes_to_float32(bound: BoundNode) -> bool:
    """the input must be int8 or int16 and the output float32"""
    return bound.input(0).dtype in QUANTIZED and bound.output.dtype is DType.FLOAT32


class Dequantize(Operator[Attributes]):
    """x of any shape, int8 or int16 -> the same shape, float32: `(x - zero_point) * scale`."""

    name = "dequantize"
    litert = LiteRT("DEQUANTIZE", "DequantizeOptions")
    onnx = "DequantizeLinear"
    tflm = EXACT
    kernels = ("dequantize_s8_f32", "dequantize_s16_f32")
    dtypes = REALS
    onnx_bound_qdq_s16 = 0
    constraints = (codes_to_float32,)

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, DType.FLOAT32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, type_ = inputs[0], bound.input(0).type
        assert x is not None
        return ((x.astype(np.int32) - type_.zero_point).astype(np.float32) * np.float32(type_.scale),)

    reference_s16 = reference_s8

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        # the writer puts DequantizeLinear on the quantised input
        onnx.output(bound, onnx.node("Identity", [onnx.input(bound, 0)]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        type_ = bound.input(0).type
        params = {"size": type_.elements, "zero_point": type_.zero_point, "scale": type_.scale}
        return KernelCall(f"dequantize_s{8 * bound.input(0).dtype.size}_f32", params, (Operand(0), Result()))
