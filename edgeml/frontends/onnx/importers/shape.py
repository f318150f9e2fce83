"""Operators that move elements; what steers them must be constant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.folding.move import shape_of
from edgeml.frontends.onnx.importers.elementwise import binary, cast_to
from edgeml.frontends.onnx.importers.layout import join, part
from edgeml.frontends.onnx.shapes import (
    expanded_shape,
    flattened_shape,
    reshaped_shape,
    slice_ranges,
    split_sizes,
    squeezed_shape,
    unsqueezed_shape,
)
from edgeml.ir import Array, DType

Importer = Callable[[Call], None]


def _reshape(rule: Callable[[Call], tuple[int, ...]]) -> Importer:
    def read(call: Call) -> None:
        call.result(call.reshape(call.x(0), rule(call)))

    return read


def identity(call: Call) -> None:
    """Also Dropout: at inference it passes its input."""
    if call.node.op_type == "Dropout":
        if call.has(2) and bool(np.any(call.constant(2, "training_mode"))):
            raise call.unsupported("training mode is not supported.", "Export for inference.")
        call.result_constant(np.ones(call.shape(0), np.bool_), 1)
    call.result(call.x(0))


def shape(call: Call) -> None:
    """Shapes are static: a constant."""
    call.result_constant(shape_of(call))


def size(call: Call) -> None:
    """Shapes are static: a constant."""
    call.result_constant(np.asarray(int(np.prod(call.shape(0), dtype=np.int64)), np.int64))


def transpose(call: Call) -> None:
    """Reversed dimensions when perm is absent."""
    rank = len(call.shape(0))
    perm = call.integers("perm", tuple(reversed(range(rank))))
    assert perm is not None
    if sorted(perm) != list(range(rank)):
        raise call.damaged(f"perm {perm} is no permutation of rank {rank}")
    call.result(call.transpose(call.x(0), perm))


def concat(call: Call) -> None:
    """Any number of tensors."""
    # a tensor without elements adds nothing
    parts = [call.x(i) for i in range(len(call.inputs)) if 0 not in call.shape(i)]
    axis = call.axis(call.integer("axis", 1), len(call.shape(0)))
    if len(parts) == 1:
        call.result(call.reshape(parts[0], call.type_of(parts[0])[0]))
        return
    call.result(join(call, parts, axis))


def slice_(call: Call) -> None:
    """Constant ranges: strided_slice."""
    ranges = slice_ranges(call)
    begin, count, stride = (tuple(r[i] for r in ranges) for i in range(3))
    if 0 in count:
        raise call.unsupported("the slice is empty; tensors without elements are not supported.")
    call.result(call.emit("strided_slice", [call.x(0)], begin=begin, size=count, stride=stride))


def split(call: Call) -> None:
    """One strided_slice for each part that is used."""
    axis, sizes = split_sizes(call)
    x, begin = call.x(0), 0
    for index, count in enumerate(sizes):
        if count == 0:
            raise call.unsupported(f"part {index} is empty; tensors without elements are not supported.")
        if index < len(call.node.outputs) and call.node.outputs[index]:
            call.result(part(call, x, axis, begin, count), index)
        begin += count


def gather(call: Call) -> None:
    """Evenly spaced constant indices are a slice."""
    shape_ = call.shape(0)
    axis = call.axis(call.integer("axis"), len(shape_))
    if call.is_constant(1):
        indices = call.constant(1)
        if indices.size and not (-shape_[axis] <= indices.min() and indices.max() < shape_[axis]):
            raise call.damaged(f"an index is outside {shape_[axis]} elements")
        positive = np.where(indices < 0, indices + shape_[axis], indices).astype(np.int32)
        steps = np.diff(positive.reshape(-1))
        if positive.size and (positive.size == 1 or (np.all(steps == steps[0]) and steps[0] != 0)):
            _as_slice(call, positive, axis)
            return
        pick = call.new_constant("indices", positive)
    else:
        pick = cast_to(call, call.x(1), DType.INT32)
    call.result(call.emit("gather", [call.x(0), pick], axis=axis, batch_dims=0))


def _as_slice(call: Call, positive: Array, axis: int) -> None:
    """Evenly spaced constant indices are a strided slice."""
    shape_, flat = call.shape(0), positive.reshape(-1)
    step = int(flat[1] - flat[0]) if flat.size > 1 else 1
    y = call.emit(
        "strided_slice",
        [call.x(0)],
        begin=tuple(int(flat[0]) if i == axis else 0 for i in range(len(shape_))),
        size=tuple(flat.size if i == axis else d for i, d in enumerate(shape_)),
        stride=tuple(step if i == axis else 1 for i in range(len(shape_))),
    )
    call.result(call.reshape(y, (*shape_[:axis], *positive.shape, *shape_[axis + 1 :])))


def gather_elements(call: Call) -> None:
    """Constant indices: one gather on the flat tensor."""
    shape_ = call.shape(0)
    axis = call.axis(call.integer("axis"), len(shape_))
    indices = call.constant(1, "indices")
    if indices.size and not (-shape_[axis] <= indices.min() and indices.max() < shape_[axis]):
        raise call.damaged(f"an index is outside {shape_[axis]} elements")
    where: list[Array] = list(np.indices(indices.shape))
    where[axis] = np.where(indices < 0, indices + shape_[axis], indices)
    _flat_gather(call, np.asarray(np.ravel_multi_index(tuple(where), shape_)))


def gather_nd(call: Call) -> None:
    """Constant indices: one gather on the flattened leading dimensions."""
    shape_, indices, batch = call.shape(0), call.constant(1, "indices"), call.integer("batch_dims")
    depth = indices.shape[-1]
    if not 0 <= batch < indices.ndim or batch + depth > len(shape_):
        raise call.damaged(f"indices {indices.shape} do not fit {shape_}")
    sizes = np.asarray(shape_[batch : batch + depth])
    if np.any(indices < -sizes) or np.any(indices >= sizes):
        raise call.damaged("an index is outside the data")
    positive = np.where(indices < 0, indices + sizes, indices)
    flat = np.zeros(indices.shape[:-1], np.int64)
    for i in range(depth):
        flat = flat * shape_[batch + i] + positive[..., i]
    inner = int(np.prod(shape_[batch : batch + depth], dtype=np.int64))
    grid = np.indices(indices.shape[:batch])
    offset = np.zeros(indices.shape[:batch], np.int64)
    for i in range(batch):
        offset = offset * shape_[i] + grid[i]
    flat = flat + (offset * inner).reshape(*indices.shape[:batch], *(1,) * (flat.ndim - batch))
    rest = shape_[batch + depth :]
    rows = int(np.prod(shape_[: batch + depth], dtype=np.int64))
    x = call.reshape(call.x(0), (rows, *rest))
    pick = call.new_constant("indices", flat.reshape(-1).astype(np.int32))
    y = call.emit("gather", [x, pick], axis=0, batch_dims=0)
    call.result(call.reshape(y, (*flat.shape, *rest)))


def _flat_gather(call: Call, flat: Array) -> None:
    x = call.reshape(call.x(0), (int(np.prod(call.shape(0), dtype=np.int64)),))
    pick = call.new_constant("indices", flat.reshape(-1).astype(np.int32))
    call.result(call.reshape(call.emit("gather", [x, pick], axis=0, batch_dims=0), flat.shape))


def expand(call: Call) -> None:
    """Broadcasting to a constant shape."""
    wanted = expanded_shape(call)
    shape_ = call.shape(0)
    if wanted == shape_:
        call.result(call.x(0))
        return
    x = call.reshape(call.x(0), (1,) * (len(wanted) - len(shape_)) + shape_)
    call.result(call.emit("broadcast_to", [x], shape=wanted))


def tile(call: Call) -> None:
    """Constant repeats."""
    repeats = call.constant_ints(1, "repeats")
    if len(repeats) != len(call.shape(0)) or any(r < 1 for r in repeats):
        raise call.damaged(f"repeats {repeats} do not fit {call.shape(0)}")
    call.result(call.emit("tile", [call.x(0)], multiples=repeats))


def pad(call: Call) -> None:
    """Constant, edge, reflect or wrap padding; negative pads cut."""
    shape_ = call.shape(0)
    rank = len(shape_)
    pads = call.constant_ints(1, "pads") if call.has(1) else call.integers("pads", call.integers("paddings"))
    axes = [call.axis(a, rank) for a in call.constant_ints(3, "axes")] if call.has(3) else list(range(rank))
    if pads is None or len(pads) != 2 * len(axes):
        raise call.damaged(f"pads {pads} do not fit {shape_}")
    pairs = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        pairs[axis] = (pads[i], pads[i + len(axes)])
    x = _cut(call, call.x(0), pairs)
    pairs = [(max(0, b), max(0, a)) for b, a in pairs]
    mode = call.text("mode", "constant")
    if mode == "constant":
        call.result(_constant_pad(call, x, pairs))
    elif mode in ("reflect", "edge", "wrap"):
        for axis, (before, after) in enumerate(pairs):
            if before or after:
                x = _padded_axis(call, x, axis, before, after, mode)
        call.result(x)
    else:
        raise call.damaged(f"mode '{mode}' is unknown")


def _constant_pad(call: Call, x: str, pairs: list[tuple[int, int]]) -> str:
    if call.has(1):
        value = float(call.constant(2, "padding value").reshape(-1)[0]) if call.has(2) else 0.0
    else:
        value = call.number("value", 0.0)
    if not any(p for pair in pairs for p in pair):
        return x
    return call.emit("pad", [x], paddings=tuple(pairs), value=None if value == 0.0 else value)


def _cut(call: Call, x: str, pairs: list[tuple[int, int]]) -> str:
    for axis, (before, after) in enumerate(pairs):
        size = call.type_of(x)[0][axis]
        if before < 0 or after < 0:
            begin, count = max(0, -before), size + min(0, before) + min(0, after)
            if count < 1:
                raise call.unsupported("the result is empty; tensors without elements are not supported.")
            x = part(call, x, axis, begin, count)
    return x


# elements of an axis whose positions are listed one by one
_LONGEST_PADDED = 1 << 22


def _padded_axis(call: Call, x: str, axis: int, before: int, after: int, mode: str) -> str:
    """Padding whose values come from the tensor: a gather of positions along one axis."""
    size = call.type_of(x)[0][axis]
    if before + after + size > _LONGEST_PADDED:
        raise call.unsupported(f"a dimension of {before + after + size} is too long.")
    positions = np.pad(np.arange(size, dtype=np.int32), (before, after), mode=mode)  # type: ignore[call-overload]
    return call.emit("gather", [x, call.new_constant(f"positions{axis}", positions)], axis=axis, batch_dims=0)


def depth_to_space(call: Call) -> None:
    """(N, C, H, W): DCR takes the block's position from the outer channels, CRD from the inner ones."""
    _, c, _, _ = call.shape(0)
    block = call.integer("blocksize")
    if block < 1 or c % (block * block):
        raise call.damaged(f"blocksize {block} does not fit {c} channels")
    x = call.x(0)
    if call.text("mode", "DCR") == "CRD":
        # the same with the channels sorted
        inner = c // (block * block)
        order = np.arange(c, dtype=np.int32).reshape(inner, block * block).T.reshape(-1)
        x = call.emit("gather", [x, call.new_constant("channels", order)], axis=1, batch_dims=0)
    y = call.emit("depth_to_space", [call.transpose(x, (0, 2, 3, 1))], block_size=block)
    call.result(call.transpose(y, (0, 3, 1, 2)))


def space_to_depth(call: Call) -> None:
    """(N, C, H, W): blocks of pixels into channels."""
    block = call.integer("blocksize")
    _, c, h, w = call.shape(0)
    if block < 1 or h % block or w % block:
        raise call.damaged(f"blocksize {block} does not fit {call.shape(0)}")
    y = call.emit("space_to_depth", [call.transpose(call.x(0), (0, 2, 3, 1))], block_size=block)
    y = call.transpose(y, (0, 3, 1, 2))
    if call.text("mode", "DCR") == "CRD":
        # the block's position is the inner part of the channel
        order = np.arange(block * block * c, dtype=np.int32).reshape(block * block, c).T.reshape(-1)
        y = call.emit("gather", [y, call.new_constant("channels", order)], axis=1, batch_dims=0)
    call.result(y)


def trilu(call: Call) -> None:
    """A mask of zeros and ones would turn infinities into NaN: select."""
    shape_ = call.shape(0)
    k = call.constant_ints(1, "k")[0] if call.has(1) else 0
    ones = np.ones(shape_[-2:], np.bool_)
    mask = np.triu(ones, k) if call.integer("upper", 1) else np.tril(ones, k)
    x = call.x(0)
    zero = call.new_constant("zero", np.zeros((), np.dtype(call.dtype(0))))
    call.result(binary(call, "select_v2", call.new_constant("mask", mask), x, zero))


def reverse_sequence(call: Call) -> None:
    """Constant lengths: a gather in each batch entry, on the flat tensor."""
    shape_ = call.shape(0)
    batch, time = call.integer("batch_axis", 1), call.integer("time_axis", 0)
    lengths = call.constant_ints(1, "sequence_lens")
    where: list[Array] = list(np.indices(shape_))
    limit = np.asarray(lengths)[where[batch]]
    where[time] = np.where(where[time] < limit, limit - 1 - where[time], where[time])
    _flat_gather(call, np.asarray(np.ravel_multi_index(tuple(where), shape_)))


def center_crop_pad(call: Call) -> None:
    """Each axis cut or padded around its middle."""
    rank = len(call.shape(0))
    axes = [call.axis(a, rank) for a in call.integers("axes", range(rank)) or ()]
    x = call.x(0)
    for axis, wanted in zip(axes, call.constant_ints(1, "shape"), strict=True):
        size = call.type_of(x)[0][axis]
        if wanted < size:
            x = part(call, x, axis, (size - wanted) // 2, wanted)
        elif wanted > size:
            before = (wanted - size) // 2
            pairs = [(0, 0)] * rank
            pairs[axis] = (before, wanted - size - before)
            x = call.emit("pad", [x], paddings=tuple(pairs), value=None)
    call.result(x)


IMPORTERS: dict[tuple[str, str], Importer] = {
    ("", "Reshape"): _reshape(reshaped_shape),
    ("", "Flatten"): _reshape(flattened_shape),
    ("", "Squeeze"): _reshape(squeezed_shape),
    ("", "Unsqueeze"): _reshape(unsqueezed_shape),
    ("", "Identity"): identity,
    ("", "Dropout"): identity,
    ("", "Shape"): shape,
    ("", "Size"): size,
    ("", "Transpose"): transpose,
    ("", "Concat"): concat,
    ("", "Slice"): slice_,
    ("", "Split"): split,
    ("", "Gather"): gather,
    ("", "GatherElements"): gather_elements,
    ("", "GatherND"): gather_nd,
    ("", "Expand"): expand,
    ("", "Tile"): tile,
    ("", "Pad"): pad,
    ("", "DepthToSpace"): depth_to_space,
    ("", "SpaceToDepth"): space_to_depth,
    ("", "Trilu"): trilu,
    ("", "ReverseSequence"): reverse_sequence,
    ("", "CenterCropPad"): center_crop_pad,
}
