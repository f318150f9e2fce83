"""Shape rules that importing and folding share."""

from __future__ import annotations

import math

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ir import Shape


def reshaped_shape(call: Call) -> Shape:
    """The complete shape of a Reshape: 0 copies a dimension (unless allowzero), -1 takes what is left."""
    old = call.shape(0)
    wanted = call.constant_ints(1, "shape") if call.has(1) else call.integers("shape")
    if wanted is None:
        raise call.damaged("the shape is missing")
    new = list(wanted)
    if not call.integer("allowzero"):
        for i, d in enumerate(new):
            if d == 0:
                if i >= len(old):
                    raise call.damaged(f"shape {wanted} copies a dimension that {old} lacks")
                new[i] = old[i]
    if new.count(-1) > 1 or any(d < -1 for d in new):
        raise call.damaged(f"shape {wanted} is not valid")
    count = math.prod(old)
    if -1 in new:
        rest = math.prod(d for d in new if d != -1)
        if rest == 0 or count % rest:
            raise call.damaged(f"{old} cannot become {wanted}")
        new[new.index(-1)] = count // rest
    if math.prod(new) != count:
        raise call.damaged(f"{old} cannot become {wanted}")
    return tuple(new)


def flattened_shape(call: Call) -> Shape:
    """The matrix of a Flatten."""
    dims = call.shape(0)
    axis = call.integer("axis", 1)
    if not -len(dims) <= axis <= len(dims):
        raise call.damaged(f"axis {axis} is outside rank {len(dims)}")
    axis = axis + len(dims) if axis < 0 else axis
    return math.prod(dims[:axis]), math.prod(dims[axis:])


def squeezed_shape(call: Call) -> Shape:
    """Without the given dimensions of 1, or without all."""
    dims = call.shape(0)
    axes = call.axes(1)
    chosen = {i for i, d in enumerate(dims) if d == 1} if axes is None else {call.axis(a, len(dims)) for a in axes}
    if any(dims[a] != 1 for a in chosen):
        raise call.damaged(f"axes {sorted(chosen)} of {dims} are not all 1")
    return tuple(d for i, d in enumerate(dims) if i not in chosen)


def unsqueezed_shape(call: Call) -> Shape:
    """With dimensions of 1 at the given axes."""
    dims = call.shape(0)
    axes = call.axes(1)
    if axes is None:
        raise call.damaged("axes are missing")
    rank = len(dims) + len(axes)
    chosen = {call.axis(a, rank) for a in axes}
    if len(chosen) != len(axes):
        raise call.damaged(f"axes {axes} repeat")
    rest = iter(dims)
    return tuple(1 if i in chosen else next(rest) for i in range(rank))


def expanded_shape(call: Call) -> Shape:
    """Broadcast with a constant shape."""
    wanted = call.constant_ints(1, "shape")
    try:
        return tuple(int(d) for d in np.broadcast_shapes(call.shape(0), wanted))
    except ValueError:
        raise call.damaged(f"{call.shape(0)} cannot be expanded to {wanted}") from None


def slice_ranges(call: Call) -> list[tuple[int, int, int]]:
    """(begin, count, stride) for each dimension of a Slice, in any opset's form."""
    dims = call.shape(0)
    if call.has(1):
        starts, ends = call.constant_ints(1, "starts"), call.constant_ints(2, "ends")
        axes = call.constant_ints(3, "axes") if call.has(3) else None
        steps = call.constant_ints(4, "steps") if call.has(4) else None
    else:
        starts, ends = call.integers("starts", ()), call.integers("ends", ())  # type: ignore[assignment]
        axes, steps = call.integers("axes"), None
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise call.damaged("starts, ends, axes and steps do not fit together")
    ranges = [(0, d, 1) for d in dims]
    for start, end, raw, step in zip(starts, ends, axes, steps, strict=True):
        axis = call.axis(raw, len(dims))
        begin, stop, step = slice(start, end, step).indices(dims[axis])
        ranges[axis] = (begin, len(range(begin, stop, step)), step)
    return ranges


def split_sizes(call: Call) -> tuple[int, tuple[int, ...]]:
    """(axis, sizes) of a Split: given sizes, or equal parts with a smaller last one."""
    dims = call.shape(0)
    axis = call.axis(call.integer("axis"), len(dims))
    count = call.integer("num_outputs", len(call.node.outputs))
    sizes = call.constant_ints(1, "split") if call.has(1) else call.integers("split")
    if sizes is None:
        if count < 1 or count > max(1, dims[axis]):
            raise call.damaged(f"{dims[axis]} elements cannot be split into {count}")
        part = -(-dims[axis] // count)
        sizes = tuple(max(0, min(part, dims[axis] - i * part)) for i in range(count))
    if sum(sizes) != dims[axis] or any(s < 0 for s in sizes):
        raise call.damaged(f"sizes {sizes} do not add up to {dims[axis]}")
    return axis, sizes


def reduction_axes(call: Call) -> tuple[int, ...] | None:
    """Ascending axes of a reduction; all when none are given, None when that means "do nothing"."""
    rank = len(call.shape(0))
    axes = call.axes(1)
    if not axes:
        return None if call.integer("noop_with_empty_axes") else tuple(range(rank))
    return tuple(sorted({call.axis(a, rank) for a in axes}))
