"""Weights and biases in the order and width in which kernels read them, and the ranges that allow it."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.convolution import conv_scales, sum_range

# a sum that is kept 256 times as large must stay within int32
PAIR_LIMIT = 2**23


def folded_bias(bound: BoundNode, axes: tuple[int, ...]) -> Array:
    """int32 bias less the input's zero point times the sum of the weights over `axes`: kernels then take raw x.

    For nodes without padding, or where padding is filled with the zero point. Modulo 2^32.
    """
    w, bias = bound.input(1).data, bound.optional(2)
    assert w is not None
    total = np.asarray(w.astype(np.int64).sum(axis=axes) * -bound.input(0).type.zero_point)
    if bias is not None:
        assert bias.data is not None
        total = total + bias.data
    return np.asarray(total.astype(np.int32))


def largest_result(bound: BoundNode, axes: tuple[int, ...]) -> float:
    """Bound on |accumulator * scale| of any channel, in steps of the output before its zero point is added."""
    scales = conv_scales(bound).astype(np.float64)
    if bound.numerics is Numerics.TFLM:
        scales = scales[:, 0] * 2.0 ** (scales[:, 1] - 31)
    below, above = sum_range(bound, axes)
    # float32 rounds the sum and the product, each by less than 2^-23 of it
    return float((np.maximum(np.abs(above), np.abs(below)) * scales).max() * 1.000001)


def halves_fit(w: Array) -> bool:
    """Whether `256 * w[c + 1] + w[c]` fits in int16 for all pairs of rows of `w` (channels, …)."""
    even, odd = channel_pairs(w)
    value = 256 * odd.astype(np.int32) + even
    return bool((np.abs(value + 0.5) < 2**15).all())


def channel_pairs(w: Array) -> tuple[Array, Array]:
    """Even and odd rows of int8 `w` (channels, …); a missing last odd one is zero."""
    rows = pad_to(w, 0, 2)
    return rows[0::2], rows[1::2]


def pad_to(a: Array, axis: int, multiple: int) -> Array:
    """`a` with zeros behind, so that `axis` is a multiple of `multiple`."""
    pads = [(0, 0)] * a.ndim
    pads[axis] = (0, -a.shape[axis] % multiple)
    return np.pad(a, pads)
