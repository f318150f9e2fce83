"""Builtins that take parts of a tensor: all become strided_slice, and reshape where dimensions come or go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import Shape, Tensor
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs


@dataclass(frozen=True)
class Range:
    """`size` elements of one dimension, from `begin`, `stride` apart."""

    begin: int
    size: int
    stride: int = 1


def slice_(call: Call) -> None:
    """SLICE(x, begin, size); a size of -1 reaches to the end."""
    x = call.input(0)
    begin, size = (call.constant(i).ravel().tolist() for i in (1, 2))
    whole = zip(x.shape, begin, size, strict=True)
    cut(call, x, 0, [Range(b, n - b if s == -1 else s) for n, b, s in whole])


def strided_slice(call: Call) -> None:
    """STRIDED_SLICE(x, begin, end, strides) with TensorFlow's masks, bit i of each for entry i of the operands."""
    x = call.input(0)
    entries = [call.constant(i).ravel().tolist() for i in (1, 2, 3)]
    count = len(entries[0])
    masks = {k: _flag(call, f"{k}Mask", count) for k in ("begin", "end", "ellipsis", "newAxis", "shrinkAxis")}
    if sum(masks["ellipsis"]) > 1:
        raise ModelFormatError(f"{call.where}: more than one ellipsis. The file is damaged.")
    named = sum(not (e or a) for e, a in zip(masks["ellipsis"], masks["newAxis"], strict=True))
    ranges: list[Range] = []
    for i, (begin, end, stride) in enumerate(zip(*entries, strict=True)):
        if masks["ellipsis"][i]:
            ranges += [Range(0, n) for n in x.shape[len(ranges) : len(x.shape) - (named - len(ranges))]]
            continue
        if masks["newAxis"][i]:
            continue
        size = x.shape[len(ranges)]
        if masks["shrinkAxis"][i]:
            ranges.append(Range(begin + size if begin < 0 else begin, 1))
            continue
        stop = begin + end if call.options.get("offset") else end
        first = None if masks["begin"][i] else begin
        ranges.append(_range(size, first, None if masks["end"][i] else stop, stride))
    cut(call, x, 0, [*ranges, *(Range(0, n) for n in x.shape[len(ranges) :])])


def split(call: Call) -> None:
    """SPLIT(axis, x): equal parts."""
    x = call.input(1)
    axis, count = _axis(call, call.constant(0), x), len(call.outputs)
    if x.shape[axis] % count:
        raise ModelFormatError(f"{call.where}: {count} equal parts of {x.shape[axis]} elements. The file is damaged.")
    _parts(call, x, axis, [x.shape[axis] // count] * count)


def split_v(call: Call) -> None:
    """SPLIT_V(x, sizes, axis): parts of given sizes, one of which may be -1 for the rest."""
    x = call.input(0)
    axis, sizes = _axis(call, call.constant(2), x), call.constant(1).ravel().tolist()
    rest = x.shape[axis] - sum(s for s in sizes if s >= 0)
    _parts(call, x, axis, [rest if s < 0 else s for s in sizes])


def unpack(call: Call) -> None:
    """UNPACK(x): each index of an axis as a tensor without that axis."""
    x = call.input(0)
    axis = _axis(call, np.asarray(call.options.get("axis", 0)), x)
    _parts(call, x, axis, [1] * len(call.outputs))


def reverse(call: Call) -> None:
    """REVERSE_V2(x, axes)."""
    x = call.input(0)
    axes = {_axis(call, a, x) for a in call.constant(1).ravel()}
    cut(call, x, 0, [Range(n - 1, n, -1) if i in axes else Range(0, n) for i, n in enumerate(x.shape)])


def cut(call: Call, x: Tensor, output: int, ranges: Sequence[Range]) -> None:
    """Append what computes output `output` from the `ranges` of x, one for each dimension."""
    y, draft = call.output(output), call.draft
    size = tuple(r.size for r in ranges)
    if any(n < 1 for n in size):
        raise UnsupportedError(f"{call.where}: output '{y.name}' is empty, with shape {size}. Remove it.")
    attrs = StridedSliceAttrs(tuple(r.begin for r in ranges), size, tuple(r.stride for r in ranges))
    if y.shape == size:
        draft.node("strided_slice", [x.name], [y.name], attrs)
        return
    source = x.name
    if any(r != Range(0, n) for r, n in zip(ranges, x.shape, strict=True)):
        source = draft.activation(f"{y.name}/slice", replace(x.type, shape=size))
        draft.node("strided_slice", [x.name], [source], attrs)
    draft.node("reshape", [source], [y.name], ReshapeAttrs(_reshaped(call, y, size)))


def _reshaped(call: Call, y: Tensor, size: Shape) -> Shape:
    if y.type.elements != math.prod(map(int, size)):
        raise ModelFormatError(
            f"{call.where}: output '{y.name}' has shape {y.shape}, the operands say {size}. The file is damaged."
        )
    return y.shape


def _parts(call: Call, x: Tensor, axis: int, sizes: Sequence[int]) -> None:
    """Neighbouring parts of `axis` to the outputs, one after the other."""
    if len(sizes) != len(call.outputs) or any(s < 1 for s in sizes) or sum(sizes) != x.shape[axis]:
        raise ModelFormatError(
            f"{call.where}: parts of {list(sizes)} for {len(call.outputs)} outputs do not make up dimension {axis} of "
            f"{x.shape}. The file is damaged."
        )
    first = 0
    for i, size in enumerate(sizes):
        cut(call, x, i, [Range(first, size) if d == axis else Range(0, n) for d, n in enumerate(x.shape)])
        first += size


def _range(size: int, begin: int | None, end: int | None, stride: int) -> Range:
    """TensorFlow's begin:end:stride of a dimension of `size`; None is the default of either bound."""
    if stride == 0:
        raise ValueError("a stride of 0")
    first, last = (0, size) if stride > 0 else (-1, size - 1)  # the bounds of begin and of end

    def bounded(value: int) -> int:
        return min(max(value + size if value < 0 else value, first), last)

    start = (first if stride > 0 else last) if begin is None else bounded(begin)
    stop = (last if stride > 0 else first) if end is None else bounded(end)
    return Range(start, -((start - stop) // stride), stride)


def _flag(call: Call, name: str, count: int) -> list[bool]:
    mask = call.options.get(name, 0)
    assert isinstance(mask, int)
    return [bool(mask >> i & 1) for i in range(count)]


def _axis(call: Call, value: object, x: Tensor) -> int:
    """An axis of x, counted from the back when negative."""
    axis, rank = int(np.asarray(value).item()), len(x.shape)
    if not -rank <= axis < rank:
        raise ModelFormatError(f"{call.where}: axis {axis} of a tensor of rank {rank}. The file is damaged.")
    return axis % rank
