"""Operators that move elements or change their type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgeml.ir import DType, Graph
from edgeml.ops.cast import CastAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
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


CASES: Mapping[str, Case] = {
    "transpose": transpose,
    "strided_slice": strided_slice,
    "cast": cast,
}
