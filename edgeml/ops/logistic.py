"""logistic: 1 / (1 + exp(-x))."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops import fixed_functions
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, OnnxEmitter
from edgeml.ops.fixed_point import divide_by_power_of_two
from edgeml.ops.fixed_point_s16 import logistic_s16
from edgeml.ops.lut import VALUES, fixed_input, saturate
from edgeml.ops.sigmoid_table import binary_shift, input_scale, logistic_code, sigmoid_call, sigmoid_onnx
from edgeml.ops.unary import Unary


class Logistic(Unary):
    """x of any shape -> the same shape."""

    name = "logistic"
    litert = LiteRT("LOGISTIC")
    onnx = "Sigmoid"
    tflm = EXACT
    kernels = ("lut_s8", "logistic_s16", "logistic_binary_s16", "logistic_f32")
    dtypes = REALS
    # LiteRT's table is coarse, ONNX Runtime computes in float32
    onnx_bound_qdq_s16 = 8
    fixed_output_s16 = 1.0 / 32768.0
    fixed_output = (1.0 / 256.0, -128)

    def compute(self, x: Array) -> Array:
        return sigmoid(x.astype(np.float64))

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if binary_shift(bound, powers=1) == 0:
            return (logistic_s16(x).astype(np.int16),)
        return (logistic_code(x, input_scale(bound)),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        sigmoid_onnx(bound, onnx, "logistic", 1, lambda x: self.reference_s16(bound, x)[0])

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return sigmoid_call(bound, "logistic", powers=1)

    def table(self, bound: BoundNode) -> Array:
        x, y = bound.input(0).type, bound.output.type
        if bound.numerics is Numerics.TFLM:
            scaled, beyond = fixed_input(x)
            value = divide_by_power_of_two(fixed_functions.logistic(scaled, 4), 31 - 8) - 128
            return saturate(np.where(beyond, np.sign(VALUES - x.zero_point) * 128, value))
        real = np.float32(x.scale) * (VALUES - x.zero_point).astype(np.float32)
        value = sigmoid(real.astype(np.float64)).astype(np.float32)
        return saturate(np.rint(value / np.float32(y.scale)) + y.zero_point)


def sigmoid(x: Array) -> Array:
    """Without overflow for large negative values: the exponent is never positive."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + e), e / (1 + e)))
