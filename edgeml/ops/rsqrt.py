"""rsqrt: 1 / sqrt(x)."""

from __future__ import annotations

from functools import cache

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import LiteRT, OnnxEmitter
from edgeml.ops.fixed_point import doubling_high_multiply, multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.lut import VALUES, saturate
from edgeml.ops.unary import Unary

# fractional bits of an inverse root in `Rsqrt.table`
_KEPT_BITS = 20
_HALF_SQRT_2 = 1518500250  # sqrt(1/2) * 2**31


class Rsqrt(Unary):
    """x of any shape -> the same shape; int8: 127 for x <= 0, which LiteRT refuses below 0."""

    name = "rsqrt"
    litert = LiteRT("RSQRT")
    onnx = "Sqrt"
    int8_from_zero = True
    kernels = ("lut_s8", "rsqrt_f32")
    onnx_bound = 2
    onnx_bound_reason = "computes in float32, LiteRT in fixed point"

    def compute(self, x: Array) -> Array:
        return np.asarray(1 / np.sqrt(x))

    def table(self, bound: BoundNode) -> Array:
        x, y = bound.input(0).type, bound.output.type
        real = 1.0 / float(np.sqrt(np.float32(x.scale)) * np.float32(y.scale))
        factor = quantize_multiplier(real) - np.array([0, _KEPT_BITS], np.int32)
        steps = [int(multiply_by_quantized_multiplier(_inverse_root(n), factor)) for n in range(1, 256)]
        values = saturate(np.array([127 - y.zero_point, *steps]) + y.zero_point)
        return np.asarray(values[np.clip(VALUES - x.zero_point, 0, 255)])

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        onnx.output(bound, onnx.node("Reciprocal", [onnx.node("Sqrt", [self.onnx_input(bound, onnx)])]))


@cache
def _inverse_root(n: int) -> Array:
    """`2**20 / sqrt(n)` for an integer 1..255: LiteRT's `GetInvSqrtQuantizedMultiplierExp`.

    Five Newton steps x = x * (3 - n x^2) / 2 in 32-bit fixed point with 3 integer bits, n shifted to 0.25..1.
    """
    if n == 1:
        return multiply_by_quantized_multiplier(np.asarray(1), np.array([2**31 - 1, _KEPT_BITS], np.int32))
    pairs = (32 - n.bit_length() - 1) // 2 - 1
    scaled = np.asarray((n << (2 * pairs)) >> 1)
    half, three_halves = (scaled + 1) >> 1, np.asarray((1 << 28) + (1 << 27))
    x = np.asarray(1 << 28)
    for _ in range(5):
        cube = doubling_high_multiply(doubling_high_multiply(x, x), x) << 6
        x = (doubling_high_multiply(three_halves, x) - doubling_high_multiply(half, cube)) << 3
    x = doubling_high_multiply(x, np.asarray(_HALF_SQRT_2))
    right = 11 - pairs
    if right < 0:
        x, right = x << -right, 0
    return multiply_by_quantized_multiplier(np.asarray(1), np.array([int(x), _KEPT_BITS - right], np.int32))
