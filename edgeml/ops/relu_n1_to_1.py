"""relu_n1_to_1: x clamped to -1..1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT, OnnxEmitter, ParamValue
from edgeml.ops.common import Activation
from edgeml.ops.onnx_helpers import emit_activation
from edgeml.ops.relu import clamp_table
from edgeml.ops.unary import Unary


class ReluN1To1(Unary):
    """x of any shape -> the same shape."""

    name = "relu_n1_to_1"
    litert = LiteRT("RELU_N1_TO_1", version_int8=1)
    onnx = "Clip"
    kernels = ("lut_s8", "clamp_f32")
    onnx_bound = 1
    onnx_bound_reason = "rescales in float32, LiteRT in fixed point; equal when input and output share their scale"

    def compute(self, x: Array) -> Array:
        return np.clip(x, np.float32(-1), np.float32(1))

    def table(self, bound: BoundNode) -> Array:
        return clamp_table(bound, Activation.RELU_N1_TO_1)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        onnx.output(bound, emit_activation(onnx, bound, onnx.input(bound, 0), Activation.RELU_N1_TO_1))

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return "clamp_f32", {"activation_min": -1.0, "activation_max": 1.0}
