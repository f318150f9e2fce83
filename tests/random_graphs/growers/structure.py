"""Operators that move or reduce."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.ir import DType
from edgeml.ops.arg_max import ArgAttrs
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.depth_to_space import BlockAttrs
from edgeml.ops.gather import GatherAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reduction import ReduceAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.tile import TileAttrs
from edgeml.ops.transpose import TransposeAttrs
from tests.random_graphs.draft import Draft, arithmetic


def reshape(d: Draft) -> str | None:
    x = d.existing(lambda t: True)
    if x is None:
        return None
    shape = d.tensors[x].shape
    size = int(np.prod(shape))
    targets = [(1, size), (*shape, 1), (1, *shape), shape[::-1], tuple(n for n in shape if n != 1) or (1,)]
    fitting = [t for t in targets if len(t) <= 4]
    return d.grow("reshape", [x], ReshapeAttrs(tuple(fitting[d.choose(0, len(fitting) - 1)])))


def pad(d: Draft) -> str | None:
    x = d.existing(arithmetic)
    if x is None:
        return None
    shape = d.tensors[x].shape
    amounts = tuple((d.choose(0, 2), d.choose(0, 2)) for _ in shape)
    return d.grow("pad", [x], PadAttrs(((0, 0), *amounts[1:]) if d.chance(70) else amounts))


def concatenation(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape))
    if x is None:
        return None
    first = d.tensors[x]
    axis = d.choose(0, len(first.shape) - 1)

    def joins(t: object) -> bool:
        other = t.type  # type: ignore[attr-defined]
        same = len(other.shape) == len(first.shape) and (other.dtype, other.quantization) == (
            first.dtype,
            first.quantization,
        )
        return same and all(i == axis or a == b for i, (a, b) in enumerate(zip(other.shape, first.shape, strict=True)))

    names = [x]
    for _ in range(d.choose(0, 3)):
        other = d.existing(joins)
        names.append(other or x)
    return d.grow("concatenation", names, ConcatenationAttrs(axis))


def _reduce(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(lambda t: len(t.shape) >= 2 and arithmetic(t))
        if x is None:
            return None
        rank = len(d.tensors[x].shape)
        axes = tuple(i for i in range(1, rank) if d.chance(60)) or (rank - 1,)
        return d.grow(op, [x], ReduceAttrs(axes, d.chance(60)))

    return grow


def _arg(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(lambda t: bool(t.shape) and arithmetic(t))
        if x is None:
            return None
        return d.grow(op, [x], ArgAttrs(d.choose(0, len(d.tensors[x].shape) - 1), DType.INT32))

    return grow


def transpose(d: Draft) -> str | None:
    x = d.existing(lambda t: len(t.shape) >= 2)
    if x is None:
        return None
    rest = list(range(len(d.tensors[x].shape)))
    perm = tuple(rest.pop(d.choose(0, len(rest) - 1)) for _ in range(len(rest)))
    return d.grow("transpose", [x], TransposeAttrs(perm))


def strided_slice(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape))
    if x is None:
        return None
    begin, size, stride = [], [], []
    for n in d.tensors[x].shape:
        step = d.choose(1, 3)
        first = d.choose(0, n - 1)
        if d.chance(20):
            step, most = -step, first // step + 1
        else:
            most = (n - first - 1) // step + 1
        begin.append(first)
        stride.append(step)
        size.append(most if d.chance(70) else d.choose(1, most))
    return d.grow("strided_slice", [x], StridedSliceAttrs(tuple(begin), tuple(size), tuple(stride)))


def tile(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape))
    if x is None:
        return None
    return d.grow("tile", [x], TileAttrs(tuple(d.choose(1, 3) if d.chance(40) else 1 for _ in d.tensors[x].shape)))


def _blocks(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(lambda t: len(t.shape) == 4)
        return None if x is None else d.grow(op, [x], BlockAttrs(2))

    return grow


def gather(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape) and t.shape[0] == 1)
    if x is None:
        return None
    shape = d.tensors[x].shape
    axis = d.choose(0, len(shape) - 1)
    indices = d.plain(d.rng.integers(0, shape[axis], d.choose(1, 5)).astype(np.int32))
    return d.grow("gather", [x, indices], GatherAttrs(axis))


GROWERS = {
    "reshape": reshape,
    "pad": pad,
    "concatenation": concatenation,
    **{op: _reduce(op) for op in ("mean", "sum", "reduce_max", "reduce_min", "reduce_prod")},
    **{op: _arg(op) for op in ("arg_max", "arg_min")},
    "transpose": transpose,
    "strided_slice": strided_slice,
    "tile": tile,
    "depth_to_space": _blocks("depth_to_space"),
    "space_to_depth": _blocks("space_to_depth"),
    "gather": gather,
}
