"""relu6: min(max(x, 0), 6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, OnnxEmitter, ParamValue, is_int8, same_step
from edgeml.ops.common import Activation
from edgeml.ops.onnx_helpers import emit_activation
from edgeml.ops.relu import clamp_call, clamp_onnx, clamp_s16, clamp_table
from edgeml.ops.unary import Unary


def same_scales_under_tflm(bound: BoundNode) -> bool:
    """under tflm numerics, which only clamp, input and output must have the same scale and zero point"""
    if bound.numerics is not Numerics.TFLM or not is_int8(bound):
        return True
    x, y = bound.input(0).quantization, bound.output.quantization
    return x is not None and y is not None and same_step(x, y)


class Relu6(Unary):
    """x of any shape -> the same shape."""

    name = "relu6"
    litert = LiteRT("RELU6")
    onnx = "Clip"
    tflm = EXACT
    dtypes = REALS
    kernels = ("lut_s8", "slopes_s16", "clamp_f32")
    constraints = (same_scales_under_tflm,)
    onnx_bound = 1
    onnx_bound_reason = "rescales in float32, LiteRT in fixed point; equal when input and output share their scale"

    def compute(self, x: Array) -> Array:
        return np.clip(x, np.float32(0), np.float32(6))

    def table(self, bound: BoundNode) -> Array:
        return clamp_table(bound, Activation.RELU6)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        onnx.output(bound, emit_activation(onnx, bound, onnx.input(bound, 0), Activation.RELU6))

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (clamp_s16(bound, inputs[0], Activation.RELU6),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        clamp_onnx(bound, onnx, Activation.RELU6)

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return clamp_call(bound, Activation.RELU6)

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return "clamp_f32", {"activation_min": 0.0, "activation_max": 6.0}
