"""Zeros in the weights of a random graph, in every pattern that pruning makes, at every density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Array, Graph

PATTERNS = ("element", "block", "pair", "n_of_m", "channels", "one", "far")


def with_zeros(graph: Graph, rng: np.random.Generator) -> Graph:
    """`graph` with 0, 5, 10, … or 100 % of the weights of its first node kept, in one of PATTERNS."""
    tensor = graph.tensors[graph.nodes[0].inputs[1]]
    assert tensor.data is not None
    mask = keep(tensor.shape, str(rng.choice(PATTERNS)), rng.integers(0, 21) / 20, rng)
    data = np.where(mask, tensor.data, 0).astype(tensor.data.dtype)
    data.flags.writeable = False
    return graph.with_tensors({tensor.name: replace(tensor, data=data)})


def keep(shape: tuple[int, ...], pattern: str, density: float, rng: np.random.Generator) -> Array:
    """bool `shape` (outputs, …, inputs): which weights stay."""
    rows, size = shape[0], int(np.prod(shape[1:]))
    if pattern == "element":
        return rng.random(shape) < density
    if pattern == "channels":
        return np.broadcast_to((rng.random(rows) < density).reshape(-1, *[1] * (len(shape) - 1)), shape)
    if pattern in ("one", "far"):
        # one weight in all, or the last ones of some channels only
        mask = np.zeros((rows, size), bool)
        if pattern == "one":
            mask[rng.integers(rows), rng.integers(size)] = True
        else:
            mask[rng.random(rows) < density, -1] = True
        return mask.reshape(shape)
    columns = shape[-1]
    groups = -(-columns // 4)
    if pattern == "n_of_m":
        order = rng.random((*shape[:-1], groups, 4)).argsort(-1)
        return (order < round(4 * density)).reshape(*shape[:-1], 4 * groups)[..., :columns]
    # blocks of 4 inputs, of one output channel or of two
    high = 2 if pattern == "pair" else 1
    blocks = rng.random((-(-rows // high), *shape[1:-1], groups)) < density
    return blocks.repeat(high, 0)[:rows].repeat(4, -1)[..., :columns]
