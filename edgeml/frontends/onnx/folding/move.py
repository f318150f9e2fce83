"""Folding of operators that move elements or change their type."""

from __future__ import annotations

import math

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.draft import Codes
from edgeml.frontends.onnx.folding.create import numpy_type
from edgeml.frontends.onnx.shapes import (
    expanded_shape,
    flattened_shape,
    reshaped_shape,
    slice_ranges,
    split_sizes,
    squeezed_shape,
    unsqueezed_shape,
)
from edgeml.ir import Array, Quantization

# of these a dequantised constant keeps its integers
CODES = ("Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten")


def fold_codes(call: Call) -> bool:
    """Move a dequantised constant together with its integers."""
    data, codes = call.constant(0), call.codes(0)
    assert codes is not None
    op = call.node.op_type
    q = codes.quantization
    if op == "Transpose":
        perm = _perm(call, data.ndim)
        axis = None if q.axis is None else perm.index(q.axis)
        moved = Codes(codes.data.transpose(perm), Quantization(q.scale, q.zero_point, axis))
        call.result_constant(data.transpose(perm), 0, moved)
        return True
    shape = np.asarray(FOLDS[op](call)).shape
    kept = None if q.axis is None else _same_axis(data.shape, shape, q.axis)
    if q.axis is not None and kept is None:
        call.result_constant(data.reshape(shape))
    else:
        moved = Codes(codes.data.reshape(shape), Quantization(q.scale, q.zero_point, kept))
        call.result_constant(data.reshape(shape), 0, moved)
    return True


def _same_axis(old: tuple[int, ...], new: tuple[int, ...], axis: int) -> int | None:
    """Where dimension `axis` is after a reshape, or None when it is split or merged."""
    before = math.prod(old[:axis])
    for i, size in enumerate(new):
        if size == old[axis] and math.prod(new[:i]) == before:
            return i
    return None


def _perm(call: Call, rank: int) -> tuple[int, ...]:
    perm = call.integers("perm", tuple(reversed(range(rank))))
    assert perm is not None
    if sorted(perm) != list(range(rank)):
        raise call.damaged(f"perm {perm} is no permutation of rank {rank}")
    return perm


def identity(call: Call) -> Array:
    """The input."""
    return call.constant(0)


def transpose(call: Call) -> Array:
    """Dimensions permuted."""
    x = call.constant(0)
    return x.transpose(_perm(call, x.ndim))


def reshape(call: Call) -> Array:
    """Another shape."""
    return call.constant(0).reshape(reshaped_shape(call))


def flatten(call: Call) -> Array:
    """A matrix."""
    return call.constant(0).reshape(flattened_shape(call))


def squeeze(call: Call) -> Array:
    """Without dimensions of 1."""
    return call.constant(0).reshape(squeezed_shape(call))


def unsqueeze(call: Call) -> Array:
    """With more dimensions of 1."""
    return call.constant(0).reshape(unsqueezed_shape(call))


def shape(call: Call) -> Array:
    """The input's shape."""
    return shape_of(call)


def shape_of(call: Call) -> Array:
    """Shape, with the slice that newer opsets allow."""
    dims = call.shape(0)
    rank = len(dims)
    start, end = call.integer("start", 0), call.integer("end", rank)
    return np.asarray(dims[slice(start, end)], np.int64)


def size(call: Call) -> Array:
    """The number of elements."""
    return np.asarray(math.prod(call.shape(0)), np.int64)


def cast(call: Call) -> Array:
    """Another element type."""
    return call.constant(0).astype(numpy_type(call, call.integer("to")))


def cast_like(call: Call) -> Array:
    """The element type of the second input."""
    return call.constant(0).astype(call.constant(1).dtype)


def concat(call: Call) -> Array:
    """Joined along an axis."""
    arrays = [call.constant(i) for i in range(len(call.inputs))]
    return np.concatenate(arrays, axis=call.axis(call.integer("axis"), arrays[0].ndim))


def slice_(call: Call) -> Array:
    """Every step-th element of ranges."""
    x = call.constant(0)
    picks = [np.arange(b, b + s * n, s) for b, n, s in slice_ranges(call)]
    for axis, pick in enumerate(picks):
        x = x.take(pick, axis)
    return x


def gather(call: Call) -> Array:
    """Slices picked along an axis."""
    x, indices = call.constant(0), call.constant(1)
    axis = call.axis(call.integer("axis"), x.ndim)
    _check_indices(call, indices, x.shape[axis])
    return np.take(x, indices, axis)


def gather_elements(call: Call) -> Array:
    """Elements picked along an axis."""
    x, indices = call.constant(0), call.constant(1)
    axis = call.axis(call.integer("axis"), x.ndim)
    _check_indices(call, indices, x.shape[axis])
    return np.take_along_axis(x, np.where(indices < 0, indices + x.shape[axis], indices), axis)


def _check_indices(call: Call, indices: Array, size: int) -> None:
    if indices.size and not (-size <= indices.min() and indices.max() < size):
        raise call.damaged(f"an index is outside {size} elements")


def expand(call: Call) -> Array:
    """Broadcast to a shape."""
    return np.broadcast_to(call.constant(0), expanded_shape(call)).copy()


def tile(call: Call) -> Array:
    """Repeated along each axis."""
    repeats = call.constant_ints(1, "repeats")
    if any(r < 0 for r in repeats) or len(repeats) != call.constant(0).ndim:
        raise call.damaged(f"repeats {repeats} do not fit rank {call.constant(0).ndim}")
    return np.tile(call.constant(0), repeats)


def split(call: Call) -> tuple[Array, ...]:
    """Cut along an axis."""
    axis, sizes = split_sizes(call)
    return tuple(np.split(call.constant(0), np.cumsum(sizes)[:-1], axis))


def trilu(call: Call) -> Array:
    """The upper or lower triangle."""
    x = call.constant(0)
    k = int(call.constant(1).reshape(-1)[0]) if call.has(1) else 0
    return np.triu(x, k) if call.integer("upper", 1) else np.tril(x, k)


FOLDS = {
    "Identity": identity,
    "Transpose": transpose,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Shape": shape,
    "Size": size,
    "Cast": cast,
    "CastLike": cast_like,
    "Concat": concat,
    "Slice": slice_,
    "Gather": gather,
    "GatherElements": gather_elements,
    "Expand": expand,
    "Tile": tile,
    "Split": split,
    "Trilu": trilu,
}
