"""Signal-to-quantisation-noise ratio of every layer: which one hurts.

SQNR = 10 log10(sum(x^2) / sum((x - x')^2)) in dB, x the float graph's activation and x' the int8 graph's,
dequantised, on the same samples; errors of earlier layers are included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array


@dataclass(frozen=True)
class LayerSqnr:
    """SQNR at the output of one node; infinite where both agree exactly."""

    name: str
    op: str
    sqnr_db: float


def sqnr_db(exact: Array, approximate: Array) -> float:
    """SQNR in dB over whole arrays; inf without error, -inf for an all-zero signal with error."""
    noise = float(np.sum(np.square(exact - approximate), dtype=np.float64))
    signal = float(np.sum(np.square(exact), dtype=np.float64))
    return decibels(signal, noise)


def decibels(signal: float, noise: float) -> float:
    """10 log10(signal / noise) of sums of squares; inf without noise, -inf for noise without a signal."""
    if noise == 0.0:
        return math.inf
    return 10.0 * math.log10(signal / noise) if signal > 0.0 else -math.inf
