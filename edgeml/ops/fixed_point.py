"""gemmlowp's fixed-point multiplication, which LiteRT's built-in kernels use (here for relu and relu6 only)."""

from __future__ import annotations

import math

import numpy as np

from edgeml.ir import Array


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, shift) with `real ~ multiplier * 2**(shift - 31)` and multiplier in [2**30, 2**31)."""
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    return (multiplier // 2, shift + 1) if multiplier == 2**31 else (multiplier, shift)


def multiply_by_quantized_multiplier(x: Array, real: float) -> Array:
    """`x * real` rounded twice, as gemmlowp: by 31 bits, half up, then by the shift, half away from zero.

    `x` is integral with |x| * real below 2**31; the result is int64.
    """
    multiplier, shift = quantize_multiplier(real)
    product = (x.astype(np.int64) << max(shift, 0)) * multiplier
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    # C divides towards zero, an arithmetic shift towards minus infinity
    high = np.sign(nudged) * (np.abs(nudged) >> 31)
    right = max(-shift, 0)
    mask = (1 << right) - 1
    threshold = (mask >> 1) + (high < 0)
    return np.asarray((high >> right) + ((high & mask) > threshold), np.int64)
