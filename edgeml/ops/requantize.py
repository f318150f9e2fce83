"""THE requantisation rule: int32 accumulator to int8, as LiteRT's default interpreter does it.

`q = clamp(rint(float32(acc) * float32(scale)) + zero_point)`, round half to even, one float32 multiply.
`kernels/requantize.h` is the same function in C, also without an FPU.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array


def multiplier(input_scale: Array | float, weight_scale: Array | float, output_scale: float) -> Array:
    """float32 requantisation scale `input_scale * weight_scale / output_scale`, formed in that order."""
    product = np.float32(input_scale) * np.asarray(weight_scale, np.float32)
    return np.asarray(product / np.float32(output_scale), np.float32)


def requantize(acc: Array, scale: Array, zero_point: int, low: int = -128, high: int = 127) -> Array:
    """int32 `acc` (…, C) with float32 `scale` (C,) or scalar to int8 within [low, high]."""
    real = acc.astype(np.float32) * scale
    # Clamping before the rounding keeps the integer conversion in range and changes no result.
    real = np.clip(real, np.float32(low - zero_point), np.float32(high - zero_point))
    return np.asarray(np.rint(real).astype(np.int32) + zero_point).astype(np.int8)
