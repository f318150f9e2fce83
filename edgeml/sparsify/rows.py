"""A weighted layer as a matrix product: what its weights read, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.common import windows

# rows of a layer that are looked at, for each input of an output channel; more rows than unknowns decide a fit
ROWS_PER_INPUT, MAX_ROWS = 16, 1 << 15


def input_rows(bound: BoundNode, x: Array) -> tuple[Array, Array]:
    """Rows (R, K) that the weights (O, K) of a conv_2d or fully_connected multiply, and the sample (R,) of each.

    x (N, …) is the layer's input. Where there are many positions, the same ones are drawn for every x of that shape.
    """
    weights = bound.input(1).shape
    inputs = int(np.prod(weights[1:]))
    limit = min(max(ROWS_PER_INPUT * inputs, 2048), MAX_ROWS)
    if bound.node.op == "fully_connected":
        rows = x.reshape(-1, inputs)
        chosen = _drawn(len(rows), limit)
        return rows[chosen], chosen * len(x) // len(rows)
    attrs: Any = bound.node.attrs
    view = windows(x, (weights[1], weights[2]), attrs.stride, attrs.padding, attrs.dilation, 0)
    positions = view.shape[:3]
    chosen = _drawn(int(np.prod(positions)), limit)
    sample, row, column = np.unravel_index(chosen, positions)
    return np.ascontiguousarray(view[sample, row, column]).reshape(len(chosen), inputs), sample


def weight_matrix(bound: BoundNode) -> Array:
    """The weights as (O, K), in the order of `input_rows`."""
    data = bound.input(1).data
    assert data is not None
    return data.reshape(len(data), -1)


def bias_of(bound: BoundNode) -> Array:
    """The bias (O,), zeros where there is none."""
    bias = bound.optional(2)
    if bias is None or bias.data is None:
        return np.zeros(bound.input(1).shape[0], np.float32)
    return bias.data


def _drawn(count: int, limit: int) -> Array:
    if count <= limit:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, limit, replace=False))
