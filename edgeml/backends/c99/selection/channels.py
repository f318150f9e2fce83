"""The channels of a convolution or fully connected node, prepared for kernels with packed products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import integer_form, rule

# what an integer form may add to a bias
MAX_OFFSET = 255
_MAX_ADDEND = 2**21


@dataclass(frozen=True, eq=False)
class Channels:
    """N channels, N even: a last odd one got a partner of zeros.

    weights int8 (N, …), start int64 (N,): bias less input zero point times sum of weights. `below` … `above`, int64:
    the sums. scale is that of `ops.requantize.multiplier`. multiplier (0: no proved form), addend and offset: see
    `IntegerForm`; `start` does not hold the offset. `count` of the channels are the node's.
    """

    weights: Array
    start: Array
    below: Array
    above: Array
    scale: Array
    multiplier: Array
    addend: Array
    offset: Array
    count: int

    @property
    def largest(self) -> int:
        """Bound on |sum|, with whatever an integer form may add."""
        return int(max(np.abs(self.below).max(), np.abs(self.above).max())) + MAX_OFFSET

    @property
    def proved_pairs(self) -> Array:
        """bool (N / 2,): both channels have an integer form."""
        return np.asarray((self.multiplier.reshape(-1, 2) != 0).all(1))


def prepare(bound: BoundNode, low: int, high: int, shift: int) -> Channels:
    """The channels of a node with weights (N, …); `low` and `high` are the activation's range.

    A channel with one result only, whatever the input is (a dead one, whose bias may be huge), becomes a bias.
    """
    w, zero_point = bound.input(1).data, bound.output.type.zero_point
    assert w is not None
    axes = tuple(range(1, w.ndim))
    (below, above), scale, start = sum_range(bound, axes), conv_scales(bound), folded_bias(bound, axes)
    start = start.astype(np.int64)
    fits = (below >= -(2**31)) & (above < 2**31)
    ends = np.clip(np.stack([below, above], 1), -(2**31), 2**31 - 1)
    results = rule(ends, scale, zero_point, low, high)
    settled = fits & (results[:, 0] == results[:, 1])
    level = results[:, 0] - zero_point
    one = np.array([1 << 30, 1], np.int32) if bound.numerics is Numerics.TFLM else np.float32(1)
    weights, scale = w.copy(), scale.copy()
    weights[settled], start[settled], scale[settled] = 0, level[settled], one
    below, above = (np.where(settled, level, end) for end in (below, above))
    form = integer_form(scale, zero_point, low, high, below, above, shift)
    multiplier, addend, offset = (a.astype(np.int64) for a in (form.multiplier, form.addend, form.offset))
    # 256 times an addend must fit, where a kernel takes the sum 256 times as large
    multiplier[np.abs(addend) >= _MAX_ADDEND] = 0
    # level * 1 >> 32 is -1 below 0
    multiplier[settled], offset[settled] = 1, 0
    addend[settled] = (results[settled, 0] << shift) + (level[settled] < 0)
    multiplier = np.concatenate([multiplier, np.ones(-len(w) % 2, np.int64)])
    return Channels(
        pad_to(weights, 0, 2), pad_to(start, 0, 2), pad_to(below, 0, 2), pad_to(above, 0, 2), pad_to(scale, 0, 2),
        multiplier, pad_to(addend, 0, 2), pad_to(offset, 0, 2), len(w),
    )  # fmt: skip
