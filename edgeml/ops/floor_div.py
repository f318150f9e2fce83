"""floor_div: the quotient rounded down, with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.elementwise import Elementwise, aligned_operands

# TensorProto.INT32
ONNX_INT32 = 6


class FloorDiv(Elementwise):
    """floor(a / b), of the quotient rounded to float32; int32: 0 where b is 0."""

    name = "floor_div"
    litert = LiteRT("FLOOR_DIV", "FloorDivOptions", version_int8=3)
    onnx = "Div, Floor"
    kernels = ("floor_div_f32", "binary_s32")
    # LiteRT's int8 kernel divides the codes, whatever their scales
    dtypes = (DType.FLOAT32, DType.INT32)

    def combine(self, a: Array, b: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.floor(a / b))

    def combine_s32(self, a: Array, b: Array) -> Array:
        return np.where(b == 0, 0, a // np.where(b == 0, 1, b))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        a, b = aligned_operands(bound, onnx)
        if bound.output.dtype is DType.INT32:
            # Div rounds toward zero: one less where its remainder is not Mod's, which has the sign of b
            quotient = onnx.node("Div", [a, b])
            rest = onnx.node("Sub", [a, onnx.node("Mul", [quotient, b])])
            exact = onnx.node("Equal", [rest, onnx.node("Mod", [a, b])])
            less = onnx.node("Cast", [onnx.node("Not", [exact])], to=ONNX_INT32)
            onnx.output(bound, onnx.node("Sub", [quotient, less]))
        else:
            onnx.output(bound, onnx.node("Floor", [onnx.node("Div", [a, b])]))
