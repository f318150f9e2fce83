"""squared_difference: (a - b) * (a - b), with broadcasting."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Result, is_int8
from edgeml.ops.common import ARITHMETIC
from edgeml.ops.elementwise import Elementwise, aligned_operands, geometry
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.lut import saturate

# bits that the operands are shifted left by before they are rescaled
LEFT_SHIFT = 7


def square_below_output_step(bound: BoundNode) -> bool:
    """int8: the square of the larger input scale must be below 4096 times the output scale"""
    if not is_int8(bound) or any(t is None or t.quantization is None for t in (*bound.inputs, bound.output)):
        return True
    largest = max(bound.input(0).type.scale, bound.input(1).type.scale)
    return 4 * largest * largest < 2.0**14 * bound.output.type.scale


class SquaredDifference(Elementwise):
    """(a - b) ** 2.

    int8: both operands become 1/128 of twice the larger input scale, and the square of their difference the output's
    step; each product in gemmlowp's fixed point.
    """

    name = "squared_difference"
    litert = LiteRT("SQUARED_DIFFERENCE", "SquaredDifferenceOptions")
    onnx = "Sub, Mul"
    kernels = ("squared_difference_s8", "squared_difference_f32", "binary_s32")
    dtypes = ARITHMETIC
    onnx_bound = 2
    onnx_bound_reason = "squares the exact difference; LiteRT rounds the operands to a common step first"
    constraints = (*Elementwise.constraints, square_below_output_step)

    def combine(self, a: Array, b: Array) -> Array:
        return np.asarray((a - b) * (a - b))

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        factors = _factors(bound)
        steps = [x.astype(np.int64) - bound.input(i).type.zero_point for i, x in enumerate((a, b))]
        scaled = [multiply_by_quantized_multiplier(s << LEFT_SHIFT, f) for s, f in zip(steps, factors[:2], strict=True)]
        square = (scaled[0] - scaled[1]) ** 2
        return (saturate(multiply_by_quantized_multiplier(square, factors[2]) + bound.output.type.zero_point),)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        params = geometry(bound)
        types = (bound.input(0).type, bound.input(1).type, bound.output.type)
        for name, type_, factor in zip(("a", "b", "output"), types, _factors(bound), strict=True):
            params |= {f"{name}_zero_point": type_.zero_point}
            params |= {f"{name}_multiplier": int(factor[0]), f"{name}_shift": int(factor[1])}
        return KernelCall("squared_difference_s8", params, (Operand(0), Operand(1), Result()))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        difference = onnx.node("Sub", aligned_operands(bound, onnx))
        onnx.output(bound, onnx.node("Mul", [difference, difference]))


def _factors(bound: BoundNode) -> tuple[Array, Array, Array]:
    """Factors of a, b and the output, as LiteRT's Prepare forms them."""
    a, b, y = (float(np.float32(t.type.scale)) for t in (bound.input(0), bound.input(1), bound.output))
    step = 2 * max(a, b)
    return (
        quantize_multiplier(a / step),
        quantize_multiplier(b / step),
        quantize_multiplier(step * step / (2.0 ** (2 * LEFT_SHIFT) * y)),
    )
