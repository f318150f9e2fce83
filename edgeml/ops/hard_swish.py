"""hard_swish: x * clamp(x + 3, 0, 6) / 6."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.fixed_point import divide_by_power_of_two, quantize_multiplier
from edgeml.ops.lut import VALUES, saturate
from edgeml.ops.unary import Unary


def rescale_below_128(bound: BoundNode) -> bool:
    """the input scale must be below 128 times the output scale"""
    x, y = bound.input(0).quantization, bound.output.quantization
    return x is None or y is None or x.scale[0] < 128 * y.scale[0]


class HardSwish(Unary):
    """x of any shape -> the same shape; int8: LiteRT's arithmetic in 16-bit fixed point, see `table`."""

    name = "hard_swish"
    litert = LiteRT("HARD_SWISH", "HardSwishOptions", version_int8=1)
    onnx = "HardSwish"
    constraints = (rescale_below_128,)
    tflm = EXACT
    kernels = ("lut_s8", "hard_swish_f32")
    onnx_bound = 2
    onnx_bound_reason = "computes in float32, LiteRT in 16-bit fixed point"

    def compute(self, x: Array) -> Array:
        return np.asarray(x * np.clip(x + 3, 0, 6) / 6)

    def table(self, bound: BoundNode) -> Array:
        """LiteRT's `HardSwish` (reference/hard_swish.h): x and the gate both as 16-bit values, then their product."""
        x, y = bound.input(0).type, bound.output.type
        fine_scale = np.float32(1 / 128) * np.float32(x.scale)
        output_multiplier, output_shift = _multiplier_16(float(fine_scale / np.float32(y.scale)))
        gate_multiplier, gate_shift = _multiplier_16(float(fine_scale / np.float32(3 / 32768)))
        fine = ((VALUES - x.zero_point) * 128).astype(np.int64)
        on_output_scale = _rounding_high_product(fine, output_multiplier)
        # the gate: -3..3 as -32768..32767, saturating; the last doubling comes after the multiplication
        gate = _saturate_16(fine << max(gate_shift - 1, 0))
        gate = _rounding_high_product(gate, gate_multiplier)
        gate = _saturate_16(gate * 2) if gate_shift > 0 else divide_by_power_of_two(gate, -gate_shift)
        gate = (gate + 32768) >> 1
        product = gate * on_output_scale
        high = np.sign(product) * (np.abs(product) >> 15)  # C divides toward zero
        return saturate(divide_by_power_of_two(high, -output_shift) + y.zero_point)


def _multiplier_16(real: float) -> tuple[int, int]:
    """`quantize_multiplier` with a multiplier of 16 bits."""
    multiplier, shift = (int(v) for v in quantize_multiplier(real))
    return min((multiplier + (1 << 15)) >> 16, 32767), shift


def _saturate_16(x: Array) -> Array:
    return np.clip(x, -32768, 32767)


def _rounding_high_product(x: Array, multiplier: int) -> Array:
    """gemmlowp's SaturatingRoundingDoublingHighMul on 16 bits."""
    product = x * multiplier
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.asarray(np.sign(nudged) * (np.abs(nudged) >> 15))
