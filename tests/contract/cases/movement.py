"""Operators that move elements or change their type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import DType, Graph
from edgeml.ops.broadcast_to import BroadcastToAttrs
from edgeml.ops.cast import CastAttrs
from edgeml.ops.depth_to_space import BlockAttrs
from edgeml.ops.gather import GatherAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.tile import TileAttrs
from edgeml.ops.transpose import TransposeAttrs
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def transpose(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng, 1, 6)
    perm = [int(p) for p in rng.permutation(len(shape))]
    if rng.random() < 0.5:
        perm = [0, *(p for p in perm if p)]
    q = d.quantization() if int8 else None
    return d.build("transpose", [d.input(shape, q)], TransposeAttrs(tuple(perm)), q)


def strided_slice(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng, 1, 5)
    begin, size, stride = [], [], []
    for n in shape:
        step = int(rng.choice([1, 1, 1, 2, 3, -1, -2]))
        first = int(rng.integers(0, n))
        most = (n - 1 - first) // step + 1 if step > 0 else first // -step + 1
        whole = rng.random() < 0.3
        begin.append(0 if whole else first)
        size.append(n if whole else int(rng.integers(1, most + 1)))
        stride.append(1 if whole else step)
    q = d.quantization() if int8 else None
    attrs = StridedSliceAttrs(tuple(begin), tuple(size), tuple(stride))
    return d.build("strided_slice", [d.input(shape, q)], attrs, q)


def cast(rng: Rng, int8: bool) -> Graph:
    """`int8`: from or to int8, else from or to float32."""
    d = Draft(rng, False)
    types = list(DType)
    here, there = DType.INT8 if int8 else DType.FLOAT32, types[int(rng.integers(len(types)))]
    source, target = (here, there) if rng.random() < 0.5 else (there, here)
    x = d.builder.input("x", random_shape(rng), source)
    return d.build("cast", [x], CastAttrs(target), None)


def tile(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng, 1, 4)
    multiples = [int(m) for m in rng.choice([1, 1, 2, 3], len(shape))]
    if rng.random() < 0.6:
        multiples[0] = 1
    q = d.quantization() if int8 else None
    return d.build("tile", [d.input(shape, q)], TileAttrs(tuple(multiples)), q)


def broadcast_to(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng, 1, 5)
    x = [1 if rng.random() < 0.5 else n for n in shape]
    if rng.random() < 0.3:
        x = x[int(rng.integers(0, len(x))) :]
    q = d.quantization() if int8 else None
    return d.build("broadcast_to", [d.input(tuple(x), q)], BroadcastToAttrs(shape), q)


def _block(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    n, h, w, c, b = (int(v) for v in rng.integers(1, 5, 5))
    n = 1 if rng.random() < 0.7 else n
    shape = (n, h, w, c * b * b) if op == "depth_to_space" else (n, h * b, w * b, c)
    q = d.quantization() if int8 else None
    return d.build(op, [d.input(shape, q)], BlockAttrs(b), q)


def depth_to_space(rng: Rng, int8: bool) -> Graph:
    return _block(rng, int8, "depth_to_space")


def space_to_depth(rng: Rng, int8: bool) -> Graph:
    return _block(rng, int8, "space_to_depth")


def gather(rng: Rng, int8: bool) -> Graph:
    """Constant indices on any axis, computed ones, embeddings, and batches of both."""
    d = Draft(rng, int8)
    q = d.quantization() if int8 else None
    shape, kind = random_shape(rng, 1, 4), rng.random()
    batch = int(rng.integers(1, len(shape))) if kind < 0.2 and len(shape) > 1 else 0
    axis = int(rng.integers(batch, len(shape)))
    counts = tuple(int(n) for n in rng.integers(1, 5, rng.integers(0, 3)))
    if kind > 0.7:
        axis, counts = 0, (1, *counts[1:])
    places = rng.integers(0, shape[axis], (*shape[:batch], *counts)).astype(rng.choice([np.int32, np.int64]))
    x = d.constant(shape, q) if kind > 0.7 else d.input(shape, q)
    if 0.2 < kind < 0.6:
        indices = d.builder.constant("indices", places)
    else:
        indices = d.builder.input("indices", places.shape, DType(places.dtype.name))
    return d.build("gather", [x, indices], GatherAttrs(axis, batch), q)


CASES: Mapping[str, Case] = {
    "transpose": transpose,
    "strided_slice": strided_slice,
    "cast": cast,
    "tile": tile,
    "broadcast_to": broadcast_to,
    "depth_to_space": depth_to_space,
    "space_to_depth": space_to_depth,
    "gather": gather,
}
