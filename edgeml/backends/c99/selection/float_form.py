"""Requantisation by one float32 multiplication and one addition, proved equal to the rule channel by channel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import rule, thresholds

# Adding this leaves an integer in the low bits of a float32: 16 of them are looked at.
_MAGIC = 12582912
RESULT_LIMIT = 2**15 - 256
# Neighbours of the scale that are tried, in units of its last place
_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6, 8, -8, 12, -12, 16, -16)


@lru_cache(maxsize=1)
def float_scales(bound: BoundNode, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Scales with which `float32(acc) * scale + (2^23 * 1.5 + zero_point)` rounds as the rule does, and which do.

    Below RESULT_LIMIT steps. With an even zero point every scale does; an odd one turns ties to the other side, and a
    neighbour of the scale without reachable ties gives the same results. The rule itself gives them with it, too.
    """
    scale, zero_point = conv_scales(bound), bound.output.type.zero_point
    if bound.numerics is Numerics.TFLM or zero_point % 2 == 0:
        return scale, np.ones(len(scale), bool)
    below, above = sum_range(bound, axes)
    _, least = thresholds(scale, zero_point, -128, 127, below, above)
    # both functions rise, so that they are equal everywhere if they are on both sides of every threshold
    points = np.clip(np.concatenate([least - 1, least], 1), below[:, None], above[:, None])
    want = rule(points, scale, zero_point, -128, 127)
    found, done = scale.copy(), np.zeros(len(scale), bool)
    for step in _STEPS:
        trial = (scale.view(np.int32) + np.int32(step)).view(np.float32)
        good = (rule(points, trial, zero_point, -128, 127) == want) & (_sum(points, trial, zero_point) == want)
        use = good.all(1) & ~done
        found[use], done = trial[use], done | use
    return found, done


def _sum(acc: Array, scale: Array, zero_point: int) -> Array:
    """The results by addition, int64 (N, V), for int64 sums (N, V)."""
    real = acc.astype(np.float32) * scale[:, None] + np.float32(_MAGIC + zero_point)
    return np.clip(real.view(np.int32).astype(np.int16), -128, 127).astype(np.int64)
