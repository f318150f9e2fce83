"""Builtins that are read as other operators, against LiteRT's default interpreter on the same file."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array
from tests.frontends.litert_files import File, Q, like

TYPES = (np.float32, np.int8)


def values(rng: np.random.Generator, shape: tuple[int, ...], dtype: type) -> Array:
    return rng.integers(-100, 100, shape).astype(dtype)


def shapes(rng: np.random.Generator, low: int = 1, high: int = 4) -> tuple[int, ...]:
    return (1, *(int(n) for n in rng.integers(1, 7, rng.integers(low, high + 1) - 1)))


@pytest.mark.parametrize("dtype", TYPES)
def test_slice(dtype: type) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = values(rng, shapes(rng), dtype)
        begin = [int(rng.integers(0, n)) for n in x.shape]
        size = [int(rng.integers(1, n - b + 1)) for n, b in zip(x.shape, begin, strict=True)]
        given = [-1 if s == n - b and rng.random() < 0.5 else s for s, n, b in zip(size, x.shape, begin, strict=True)]
        f = File()
        f.check("SLICE", [f.input(x), f.constant(begin), f.constant(given)], [like(x, size)], version=2)


def _masked(rng: np.random.Generator, x: Array) -> tuple[list[list[int]], dict[str, int], tuple[int, ...]]:
    """Random operands and masks of a strided slice, and the shape of what they take."""
    entries: list[tuple[int, int, int]] = []
    masks = dict.fromkeys(("begin", "end", "ellipsis", "newAxis", "shrinkAxis"), 0)
    index: list[object] = []
    axis, ellipsis = 0, rng.random() < 0.3
    while axis < x.ndim and len(entries) < 5:
        bit, kind = 1 << len(entries), rng.random()
        size = x.shape[axis]
        begin, end = (int(n) for n in rng.integers(-size - 2, size + 3, 2))
        stride = int(rng.choice([1, 1, 2, -1, -2]))
        if ellipsis and kind < 0.3:
            masks["ellipsis"] |= bit
            skipped = int(rng.integers(0, x.ndim - axis + 1))
            # the entries that follow must name the dimensions that the ellipsis leaves
            index.append(...)
            entries.append((0, 0, 1))
            axis, ellipsis = axis + skipped, False
            while axis < x.ndim:
                index.append(slice(None))
                masks["begin"] |= 1 << len(entries)
                masks["end"] |= 1 << len(entries)
                entries.append((0, 0, 1))
                axis += 1
            break
        if kind < 0.45 and x.ndim < 4:
            masks["newAxis"] |= bit
            index.append(None)
            entries.append((0, 0, 1))
            if sum(i is None for i in index) > 1:
                break
            continue
        axis += 1
        if kind < 0.6:
            at = int(rng.integers(-size, size))
            masks["shrinkAxis"] |= bit
            index.append(at)
            entries.append((at, at + 1, 1))
            continue
        masks["begin"] |= bit if rng.random() < 0.4 else 0
        masks["end"] |= bit if rng.random() < 0.4 else 0
        entries.append((begin, end, stride))
        index.append(_numpy_slice(size, begin, end, stride, bool(masks["begin"] & bit), bool(masks["end"] & bit)))
    return [list(e) for e in zip(*entries, strict=True)], masks, x[tuple(index)].shape


def _numpy_slice(size: int, begin: int, end: int, stride: int, from_start: bool, to_end: bool) -> slice:
    return slice(None if from_start else begin, None if to_end else end, stride)


@pytest.mark.parametrize("dtype", TYPES)
def test_strided_slice_with_all_masks(dtype: type) -> None:
    done = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = values(rng, shapes(rng), dtype)
        (begin, end, stride), masks, shape = _masked(rng, x)
        if 0 in shape:
            continue
        done += 1
        f = File()
        operands = [f.input(x), f.constant(begin), f.constant(end), f.constant(stride)]
        options = {f"{k}Mask": v for k, v in masks.items()}
        f.check("STRIDED_SLICE", operands, [like(x, shape)], ("StridedSliceOptions", options), version=6)
    assert done > 60


def test_strided_slice_with_ends_relative_to_begins() -> None:
    x = np.arange(60, dtype=np.float32).reshape(1, 6, 10)
    f = File()
    operands = [f.input(x), *(f.constant(v) for v in ([0, 2, 1], [1, 3, 8], [1, 1, 2]))]
    f.check("STRIDED_SLICE", operands, [like(x, (1, 3, 4))], ("StridedSliceOptions", {"offset": True}), version=8)


@pytest.mark.parametrize("dtype", TYPES)
def test_splits(dtype: type) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = values(rng, (1, 4, 6, 12), dtype)
        axis, count = int(rng.integers(-3, 4)), int(rng.choice([1, 2]))
        axis = axis or 1
        part = list(x.shape)
        part[axis] //= count
        f = File()
        operands = [f.constant(axis), f.input(x)]
        f.check("SPLIT", operands, [like(x, part)] * count, ("SplitOptions", {"numSplits": count}), version=2)
        f = File()
        sizes = [1, -1, 2]
        parts = [list(x.shape) for _ in sizes]
        for p, s in zip(parts, (1, x.shape[axis] - 3, 2), strict=True):
            p[axis] = s
        operands = [f.input(x), f.constant(sizes), f.constant(axis)]
        outputs = [like(x, p) for p in parts]
        f.check("SPLIT_V", operands, outputs, ("SplitVOptions", {"numSplits": 3}), version=2)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_unpack_and_pack(dtype: type, axis: int) -> None:
    rng = np.random.default_rng(axis + 1)
    x = values(rng, (1, 3, 5), dtype)
    count, shape = x.shape[axis], [n for i, n in enumerate(x.shape) if i != axis % 3]
    f = File()
    options = ("UnpackOptions", {"num": count, "axis": axis})
    f.check("UNPACK", [f.input(x)], [like(x, shape)] * count, options, version=2)
    for count in (1, 2, 11):
        f = File()
        parts = [f.input(values(rng, tuple(shape), dtype)) for _ in range(count)]
        packed = list(x.shape)
        packed[axis] = count
        f.check("PACK", parts, [like(x, packed)], ("PackOptions", {"valuesCount": count, "axis": axis}), version=2)


@pytest.mark.parametrize("dtype", TYPES)
def test_reverse(dtype: type) -> None:
    x = values(np.random.default_rng(0), (1, 4, 5, 3), dtype)
    for axes in ([1], [-1], [1, 2], [2, 3]):
        f = File()
        f.check("REVERSE_V2", [f.input(x), f.constant(axes)], [like(x, x.shape)], ("ReverseV2Options", {}), version=3)


@pytest.mark.parametrize("dtype", TYPES)
def test_pad_with_a_value(dtype: type) -> None:
    x = values(np.random.default_rng(0), (1, 4, 5, 3), dtype)
    for value in (0, 3, -7, 100):
        f = File()
        fill = f.constant([value], dtype, Q if dtype is np.int8 else None)
        operands = [f.input(x), f.constant([(0, 0), (1, 2), (0, 3), (0, 0)]), fill]
        f.check("PADV2", operands, [like(x, (1, 7, 8, 3))], ("PadV2Options", {}), version=2)


def test_reshape_without_a_shape_operand() -> None:
    x = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    f = File()
    f.check("RESHAPE", [f.input(x)], [like(x, (1, 24))], ("ReshapeOptions", {"newShape": [1, 24]}))


def test_damaged_operands_are_refused() -> None:
    x = np.zeros((1, 4, 6), np.float32)
    f = File()
    with pytest.raises(ModelFormatError, match=r"operator 0 \(SPLIT\): axis 7 of a tensor of rank 3"):
        from_litert(f.write("SPLIT", [f.constant(7), f.input(x)], [like(x, (1, 4, 3))] * 2))
    f = File()
    with pytest.raises(ModelFormatError, match=r"operator 0 \(SPLIT_V\): parts of \[1, 9\] for 2 outputs"):
        from_litert(f.write("SPLIT_V", [f.input(x), f.constant([1, 9]), f.constant(1)], [like(x, (1, 2, 6))] * 2))
    f = File()
    operands = [f.input(x), f.constant([0, 2, 0]), f.constant([1, 2, 6])]
    with pytest.raises(ModelFormatError, match=r"\(SLICE\): output 'y0' has shape \(1, 9\), the operands say"):
        from_litert(f.write("SLICE", operands, [like(x, (1, 9))]))
    f = File()
    operands = [f.input(x), f.constant([0, 2, 0]), f.constant([1, 0, 6])]
    with pytest.raises(UnsupportedError, match="output 'y0' is empty"):
        from_litert(f.write("SLICE", operands, [like(x, (1, 1, 6))]))
