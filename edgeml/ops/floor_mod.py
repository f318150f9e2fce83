"""floor_mod: the remainder of a division rounded down, with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.elementwise import Elementwise, aligned_operands


class FloorMod(Elementwise):
    """a - b * floor(a / b), with the sign of b; int32: 0 where b is 0."""

    name = "floor_mod"
    litert = LiteRT("FLOOR_MOD", "FloorModOptions")
    onnx = "Mod"
    kernels = ("floor_mod_f32", "binary_s32")
    # LiteRT's int8 kernel divides the codes, whatever their scales
    dtypes = (DType.FLOAT32, DType.INT32)

    def combine(self, a: Array, b: Array) -> Array:
        with np.errstate(invalid="ignore"):
            rest = np.fmod(a, b)
            return np.where((rest != 0) & ((rest < 0) != (b < 0)), rest + b, rest)

    def combine_s32(self, a: Array, b: Array) -> Array:
        return np.where(b == 0, 0, a % np.where(b == 0, 1, b))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        operands = aligned_operands(bound, onnx)
        if bound.output.dtype is DType.INT32:
            onnx.output(bound, onnx.node("Mod", operands))
            return
        # Mod for floats is C's fmod, with the sign of a: once more after adding b
        rest = onnx.node("Mod", operands, fmod=1)
        onnx.output(bound, onnx.node("Mod", [onnx.node("Add", [rest, operands[1]]), operands[1]], fmod=1))
