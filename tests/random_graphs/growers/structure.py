"""Operators that move or reduce."""

from __future__ import annotations

import numpy as np

from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from tests.random_graphs.draft import Draft


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
    x = d.existing(lambda t: t.quantization is not None or t.dtype.value == "float32")
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


def mean(d: Draft) -> str | None:
    x = d.existing(lambda t: len(t.shape) >= 2 and (t.quantization is not None or t.dtype.value == "float32"))
    if x is None:
        return None
    rank = len(d.tensors[x].shape)
    axes = tuple(i for i in range(1, rank) if d.chance(60)) or (rank - 1,)
    return d.grow("mean", [x], MeanAttrs(axes, d.chance(60)))


GROWERS = {"reshape": reshape, "pad": pad, "concatenation": concatenation, "mean": mean}
