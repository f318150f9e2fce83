"""tanh: hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops import fixed_functions
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, OnnxEmitter
from edgeml.ops.fixed_point import divide_by_power_of_two
from edgeml.ops.fixed_point_s16 import tanh_s16
from edgeml.ops.int16 import saturate_s16
from edgeml.ops.lut import VALUES, fixed_input, saturate
from edgeml.ops.sigmoid_table import binary_shift, input_scale, sigmoid_call, sigmoid_onnx, tanh_code
from edgeml.ops.unary import Unary


class Tanh(Unary):
    """x of any shape -> the same shape."""

    name = "tanh"
    litert = LiteRT("TANH")
    onnx = "Tanh"
    tflm = EXACT
    kernels = ("lut_s8", "tanh_s16", "tanh_binary_s16", "tanh_f32")
    dtypes = REALS
    # LiteRT's table is coarse, ONNX Runtime computes in float32
    onnx_bound_qdq_s16 = 16
    fixed_output_s16 = 1.0 / 32768.0
    fixed_output = (1.0 / 128.0, 0)

    def compute(self, x: Array) -> Array:
        return np.tanh(x)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        shift = binary_shift(bound, powers=2)
        if shift >= 0:
            return (tanh_s16(saturate_s16(x.astype(np.int32) << shift)).astype(np.int16),)
        return (tanh_code(x, input_scale(bound)),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        sigmoid_onnx(bound, onnx, "tanh", 2, lambda x: self.reference_s16(bound, x)[0])

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return sigmoid_call(bound, "tanh", powers=2)

    def table(self, bound: BoundNode) -> Array:
        x, y = bound.input(0).type, bound.output.type
        if bound.numerics is Numerics.TFLM:
            scaled, beyond = fixed_input(x)
            value = divide_by_power_of_two(fixed_functions.tanh(scaled, 4), 31 - 7)
            return saturate(np.where(beyond, np.sign(VALUES - x.zero_point) * 128, value))
        real = np.float32(x.scale) * (VALUES - x.zero_point).astype(np.float32)
        # NumPy's float32 tanh differs between machines by an ulp; rounding the float64 one does not
        value = np.tanh(real.astype(np.float64)).astype(np.float32)
        return saturate(np.rint(value / np.float32(y.scale)) + y.zero_point)
