"""mul: elementwise product with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import EXACT, QUANTIZED, KernelCall, LiteRT, OnnxEmitter, Operand, Result
from edgeml.ops.common import ARITHMETIC_S16, activation_range_s8, builtin_activation_range_s8, fused_range_s8
from edgeml.ops.elementwise import Binary, Elementwise, aligned_codes, geometry
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import LOW, saturate_s16
from edgeml.ops.lut import VALUES, look_up, lut_call
from edgeml.ops.onnx_fixed_point import multiplied, saturated
from edgeml.ops.requantize import multiplier, requantize, scale_param


def product_scale(bound: BoundNode) -> bool:
    """the product of the input scales must be below 256 times the output scale"""
    if bound.output.dtype not in QUANTIZED or any(
        t is None or t.quantization is None for t in (*bound.inputs, bound.output)
    ):
        return True
    x, y, out = bound.input(0).type, bound.input(1).type, bound.output.type
    return bool(multiplier(x.scale, y.scale, out.scale) < 2.0**8)


class Mul(Binary):
    """a * b; int8: the product of the centred values requantised, but see `is_square`."""

    name = "mul"
    litert = LiteRT("MUL", "MulOptions", version_int16=4)
    onnx = "Mul"
    tflm = EXACT
    kernels = ("mul_s8", "lut_s8", "mul_s16", "mul_f32", "binary_s32")
    dtypes = ARITHMETIC_S16
    onnx_bound = 1
    onnx_bound_reason = "multiplies in float32, LiteRT in integers: exact halves may round to either side"
    constraints = (*Elementwise.constraints, product_scale)

    def combine(self, a: Array, b: Array) -> Array:
        return a * b

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        if is_square(bound):
            return (look_up(square_table(bound), a),)
        acc = (a.astype(np.int32) - bound.input(0).type.zero_point) * (
            b.astype(np.int32) - bound.input(1).type.zero_point
        )
        low, high = fused_range_s8(bound, self.activation(bound))
        return (requantize(acc, mul_scale(bound), bound.output.type.zero_point, low, high),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        steps = multiply_by_quantized_multiplier(a.astype(np.int64) * b, product_factor(bound))
        return (saturate_s16(steps, *builtin_activation_range_s8(self.activation(bound), bound.output.type)),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        steps = multiplied(onnx, onnx.node("Mul", aligned_codes(bound, onnx)), product_factor(bound), LOW * LOW)
        low, high = builtin_activation_range_s8(self.activation(bound), bound.output.type)
        onnx.output_codes(bound, saturated(onnx, steps, low, high))

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        low, high = builtin_activation_range_s8(self.activation(bound), bound.output.type)
        multiplier, shift = product_factor(bound).tolist()
        params = {
            **geometry(bound),
            "multiplier": multiplier,
            "shift": shift,
            "activation_min": low,
            "activation_max": high,
        }
        return KernelCall("mul_s16", params, (Operand(0), Operand(1), Result()))

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        if is_square(bound):
            return lut_call(bound, square_table(bound))
        low, high = fused_range_s8(bound, self.activation(bound))
        params = {
            **geometry(bound),
            "a_zero_point": bound.input(0).type.zero_point,
            "b_zero_point": bound.input(1).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
            "scale": scale_param(mul_scale(bound)),
            "activation_min": low,
            "activation_max": high,
        }
        return KernelCall("mul_s8", params, (Operand(0), Operand(1), Result()))


def is_square(bound: BoundNode) -> bool:
    """Whether LiteRT's delegate turns the product into a square, with a rounding of its own: both operands are one."""
    return bound.numerics is Numerics.LITERT and bound.node.inputs[0] == bound.node.inputs[1]


def square_table(bound: BoundNode) -> Array:
    """int8 table of x * x: the zero point is added in float32 before the rounding, so its parity decides ties."""
    steps = VALUES - bound.input(0).type.zero_point
    real = (steps * steps).astype(np.float32) * mul_scale(bound) + np.float32(bound.output.type.zero_point)
    low, high = activation_range_s8(bound.node.attrs.activation, bound.output.type)  # type: ignore[attr-defined]
    return np.asarray(np.clip(np.rint(real), low, high), np.int8)


def product_factor(bound: BoundNode) -> Array:
    """int32 (2,) of `quantize_multiplier` for the int16 product, formed in float32 as LiteRT does."""
    x, y, out = bound.input(0).type, bound.input(1).type, bound.output.type
    return quantize_multiplier(float(np.float32(x.scale) * np.float32(y.scale) / np.float32(out.scale)))


def mul_scale(bound: BoundNode) -> Array:
    """Requantisation scale of the product; see `multiplier`."""
    x, y, out = bound.input(0).type, bound.input(1).type, bound.output.type
    return multiplier(x.scale, y.scale, out.scale, bound.numerics)
