"""What a layer with weights reads and shall give, as sums: all that a least-squares fit of its weights needs.

A layer is a set of groups, each a matrix product of its own: rows of K inputs (a window of a convolution), O outputs.
conv_2d and fully_connected are one group; depthwise_conv_2d has one for each input channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.common import windows

# rows that the sums take at most: more change the fit by less than its held-out error
_MOST_ROWS = 2**16
# elements of all rows of one product
_CHUNK = 2**23


@dataclass(frozen=True, eq=False)
class Moments:
    """Centred sums over rows, float64: `inputs` (G, K, K) of x xᵀ, `cross` (G, O, K) of y xᵀ; `mean_x` (G, K) and
    `mean_y` (G, O) are what was taken away."""

    inputs: Array
    cross: Array
    mean_x: Array
    mean_y: Array


def can_fit(bound: BoundNode) -> bool:
    """Whether the node is a matrix product of its inputs' windows, with constant weights."""
    return bound.node.op in ("conv_2d", "depthwise_conv_2d", "fully_connected") and bound.input(1).data is not None


def grouped(bound: BoundNode, weights: Array) -> Array:
    """Weights of the node, or an array of their shape, as (G, O, K)."""
    if bound.node.op != "depthwise_conv_2d":
        return weights.reshape(1, weights.shape[0], -1)
    groups = bound.input(0).shape[3]
    return weights.reshape(-1, groups, weights.shape[3] // groups).transpose(1, 2, 0)


def ungrouped(bound: BoundNode, weights: Array) -> Array:
    """The inverse of `grouped`."""
    if bound.node.op == "depthwise_conv_2d":
        weights = weights.transpose(2, 0, 1)
    return np.ascontiguousarray(weights).reshape(bound.input(1).shape)


def moments(bound: BoundNode, x: Array, wanted: Array) -> Moments:
    """Sums for the node that reads the reals `x` (N, …) and shall give `wanted` (N, …), before its activation."""
    weights = bound.input(1).data
    assert weights is not None
    shape = grouped(bound, weights).shape
    groups, outputs, size = shape
    count, sum_x, sum_y = 0, np.zeros((groups, size)), np.zeros((groups, outputs))
    inputs, cross = np.zeros((groups, size, size)), np.zeros((groups, outputs, size))
    # the first row as origin: sums of nearly constant inputs would lose the little that they change
    origin: Array | None = None
    for rows, targets in _rows(bound, x, wanted, shape):
        origin = rows[:, :1] if origin is None else origin
        a, y = rows - origin, targets
        count += a.shape[1]
        sum_x += a.sum(axis=1, dtype=np.float64)
        sum_y += y.sum(axis=1, dtype=np.float64)
        inputs += np.swapaxes(a, 1, 2) @ a
        cross += np.swapaxes(y, 1, 2) @ a
    assert origin is not None
    mean_x, mean_y = sum_x / count, sum_y / count
    inputs -= count * mean_x[:, :, None] * mean_x[:, None, :]
    cross -= count * mean_y[:, :, None] * mean_x[:, None, :]
    return Moments(inputs, cross, mean_x + origin[:, 0], mean_y)


def _rows(bound: BoundNode, x: Array, wanted: Array, shape: tuple[int, ...]) -> Iterator[tuple[Array, Array]]:
    """Inputs (G, P, K) and results (G, P, O), float32, a few samples at a time; positions evenly left out where there
    are too many."""
    groups, outputs, size = shape
    places = wanted[0].size // (groups * outputs)
    step = max(1, -(-len(x) * places // _MOST_ROWS))
    samples = max(1, _CHUNK * step // (places * size * groups))
    for start in range(0, len(x), samples):
        part, target = x[start : start + samples], wanted[start : start + samples]
        target = target.reshape(-1, groups, outputs)
        # another first place for each chunk: the same places would see the same rows of all images
        chosen = np.arange(start % step, len(target), step)
        if len(chosen):
            yield _windows(bound, part, chosen, shape), target[chosen].transpose(1, 0, 2)


def _windows(bound: BoundNode, x: Array, chosen: Array, shape: tuple[int, ...]) -> Array:
    groups, _, size = shape
    if bound.node.op == "fully_connected":
        return x.reshape(-1, size)[chosen][None]
    attrs: Any = bound.node.attrs
    kernel = bound.input(1).shape[1:3]
    view = windows(x, (kernel[0], kernel[1]), attrs.stride, attrs.padding, attrs.dilation)
    picked = view[np.unravel_index(chosen, view.shape[:3])]  # (P, KH, KW, C)
    if bound.node.op == "conv_2d":
        return picked.reshape(1, len(chosen), size)
    return np.ascontiguousarray(picked.reshape(len(chosen), -1, groups).transpose(2, 0, 1))
