"""Operators that move or reduce."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import Graph
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def mean(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng, 2)
    if rng.random() < 0.6:
        shape, axes = (1, *(int(n) for n in rng.integers(1, 12, 3))), (1, 2)
    else:
        first = int(rng.integers(0, len(shape)))
        axes = tuple(range(first, int(rng.integers(first + 1, len(shape) + 1))))
    q = d.quantization() if int8 else None
    x = d.input(shape, q)
    keep = bool(rng.random() < 0.5) or len(axes) == len(shape)
    return d.build("mean", [x], MeanAttrs(axes, keep), d.near(q, 0.5) if q else None)


def reshape(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    size = int(np.prod(shape))
    target = [(1, size), (size,), (*shape, 1), (1, *shape), shape[::-1]][rng.integers(5)]
    q = d.quantization() if int8 else None
    return d.build("reshape", [d.input(shape, q)], ReshapeAttrs(tuple(target)), q)


def pad(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    paddings = tuple((int(rng.integers(0, 4)), int(rng.integers(0, 4))) for _ in shape)
    if rng.random() < 0.6:
        paddings = ((0, 0), *paddings[1:])
    q = d.quantization() if int8 else None
    value = None if rng.random() < 0.6 else float(np.float32(rng.normal() * (80 * q.scale[0] if q else 3)))
    return d.build("pad", [d.input(shape, q)], PadAttrs(paddings, value), q)


def concatenation(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    axis = int(rng.integers(0, len(shape)))
    q = d.quantization() if int8 else None
    names = []
    for i in range(int(rng.integers(1, 9 if rng.random() < 0.9 else 30))):
        part = (*shape[:axis], int(rng.integers(1, 6)), *shape[axis + 1 :])
        names.append(d.constant(part, q) if i and rng.random() < 0.2 else d.input(part, q))
    return d.build("concatenation", names, ConcatenationAttrs(axis), q)


CASES: Mapping[str, Case] = {
    "mean": mean,
    "reshape": reshape,
    "pad": pad,
    "concatenation": concatenation,
}
