"""add: elementwise sum with broadcasting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import EXACT, KernelCall, LiteRT, Operand, Result, is_int8
from edgeml.ops.common import activation_range_s8
from edgeml.ops.elementwise import Binary, geometry, rank_at_most_4, same_types
from edgeml.ops.fixed_sum import fixed_sum, fixed_sum_call


@dataclass(frozen=True)
class AddConstants:
    """Integers of the int8 rule: `(bias + a * a_multiplier + b * b_multiplier) >> shift`, plus the zero point."""

    a_multiplier: int
    b_multiplier: int
    bias: int
    shift: int


def add_constants(bound: BoundNode) -> AddConstants:
    """XNNPACK's scalar rule (`xnn_init_qs8_add_minmax_scalar_params`): the larger multiplier has 21 bits."""
    a, b, y = bound.input(0).type, bound.input(1).type, bound.output.type
    ratio_a = np.float32(a.scale) / np.float32(y.scale)
    ratio_b = np.float32(b.scale) / np.float32(y.scale)
    shift = 20 - int(np.frexp(max(ratio_a, ratio_b))[1] - 1)
    a_multiplier = int(np.rint(np.ldexp(np.float64(ratio_a), shift)))
    b_multiplier = int(np.rint(np.ldexp(np.float64(ratio_b), shift)))
    bias = (1 << (shift - 1)) - a_multiplier * a.zero_point - b_multiplier * b.zero_point
    return AddConstants(a_multiplier, b_multiplier, bias, shift)


def scale_ratio(bound: BoundNode) -> bool:
    """the larger input scale must be between 1/1024 and 256 times the output scale"""
    if not is_int8(bound):
        return True
    scales = [t.type.scale for t in bound.inputs if t is not None and t.quantization is not None]
    y = bound.output.quantization
    if y is None or len(scales) != 2:
        return True
    ratio = np.float32(max(scales)) / np.float32(y.scale[0])
    return bool(2.0**-10 <= ratio < 2.0**8)


class Add(Binary):
    """a + b."""

    name = "add"
    litert = LiteRT("ADD", "AddOptions")
    onnx = "Add"
    tflm = EXACT
    kernels = ("add_s8", "add_fixed_s8", "add_f32")
    onnx_bound = 1
    onnx_bound_reason = "adds in float32 and rounds halves to even, LiteRT in integers and half up"
    constraints = (rank_at_most_4, same_types, scale_ratio)

    def combine(self, a: Array, b: Array) -> Array:
        return a + b

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        if bound.numerics is Numerics.TFLM:
            return (fixed_sum(bound, a, b, self.attrs(bound).activation, sign=1),)
        c = add_constants(bound)
        acc = c.bias + a.astype(np.int64) * c.a_multiplier + b.astype(np.int64) * c.b_multiplier
        low, high = activation_range_s8(self.attrs(bound).activation, bound.output.type)
        return (np.clip((acc >> c.shift) + bound.output.type.zero_point, low, high).astype(np.int8),)

    def kernel(self, bound: BoundNode) -> KernelCall:
        if not is_int8(bound):
            return self.kernel_f32(bound)
        if bound.numerics is Numerics.TFLM:
            return fixed_sum_call(bound, self.attrs(bound).activation, sign=1)
        c = add_constants(bound)
        low, high = activation_range_s8(self.attrs(bound).activation, bound.output.type)
        params = {
            **geometry(bound),
            "a_multiplier": c.a_multiplier,
            "b_multiplier": c.b_multiplier,
            "bias": c.bias,
            "shift": c.shift,
            "output_zero_point": bound.output.type.zero_point,
            "activation_min": low,
            "activation_max": high,
        }
        return KernelCall("add_s8", params, (Operand(0), Operand(1), Result()))
