"""Operators that move or reduce."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import DType, Graph, Quantization
from edgeml.ops import OPS
from edgeml.ops.arg_max import ArgAttrs
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reduction import ReduceAttrs
from edgeml.ops.reshape import ReshapeAttrs
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def _reduction(rng: Rng, int8: bool, op: str) -> Graph:
    """Height and width, or any axes; sums and means have an output scale of their own."""
    d = Draft(rng, int8)
    if rng.random() < 0.4:
        shape, axes = (1, *(int(n) for n in rng.integers(1, 12, 3))), (1, 2)
    else:
        shape = random_shape(rng, 2)
        axes = tuple(i for i in range(len(shape)) if rng.random() < (0.2 if i == 0 else 0.5)) or (len(shape) - 1,)
    if op == "reduce_prod":
        # products of many values overflow
        axes = axes[:1]
    q = d.quantization() if int8 else None
    x = d.input(shape, q)
    keep = bool(rng.random() < 0.5) or len(axes) == len(shape)
    out = q
    if q and not OPS[op].same_quantization:
        terms = np.prod([shape[a] for a in axes])
        out = d.near(Quantization.per_tensor(q.scale[0] * (np.sqrt(terms) if op == "sum" else 1), 0), 0.5)
    return d.build(op, [x], (MeanAttrs if op == "mean" else ReduceAttrs)(axes, keep), out)


def mean(rng: Rng, int8: bool) -> Graph:
    return _reduction(rng, int8, "mean")


def sum_(rng: Rng, int8: bool) -> Graph:
    return _reduction(rng, int8, "sum")


def reduce_max(rng: Rng, int8: bool) -> Graph:
    return _reduction(rng, int8, "reduce_max")


def reduce_min(rng: Rng, int8: bool) -> Graph:
    return _reduction(rng, int8, "reduce_min")


def reduce_prod(rng: Rng, int8: bool) -> Graph:
    return _reduction(rng, int8, "reduce_prod")


def _arg(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    dtype = DType.INT32 if rng.random() < 0.7 else DType.INT64
    return d.build(op, [d.input(shape)], ArgAttrs(int(rng.integers(0, len(shape))), dtype), None)


def arg_max(rng: Rng, int8: bool) -> Graph:
    return _arg(rng, int8, "arg_max")


def arg_min(rng: Rng, int8: bool) -> Graph:
    return _arg(rng, int8, "arg_min")


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
    "sum": sum_,
    "reduce_max": reduce_max,
    "reduce_min": reduce_min,
    "reduce_prod": reduce_prod,
    "arg_max": arg_max,
    "arg_min": arg_min,
    "reshape": reshape,
    "pad": pad,
    "concatenation": concatenation,
}
