"""Channels-first tensors around channels-last operators, and batches around operators that take one sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeml.frontends.onnx.call import Call

# an operator of the IR joins at most this many tensors
_JOIN = 8


def to_nhwc(call: Call, tensor: str) -> str:
    """(N, C, L) or (N, C, H, W) as (N, H, W, C), with H = 1 for the first. Raises UnsupportedError for other ranks."""
    shape = call.type_of(tensor)[0]
    if len(shape) == 3:
        n, c, length = shape
        return call.reshape(call.transpose(tensor, (0, 2, 1)), (n, 1, length, c))
    if len(shape) != 4:
        raise call.unsupported(f"takes tensors of 1 or 2 spatial dimensions. Got {shape}.", "Reshape to 2-D.")
    return call.transpose(tensor, (0, 2, 3, 1))


def from_nhwc(call: Call, tensor: str, rank: int) -> str:
    """The way back to an ONNX tensor of `rank` 3 or 4."""
    if rank == 3:
        n, _, length, c = call.type_of(tensor)[0]
        return call.transpose(call.reshape(tensor, (n, length, c)), (0, 2, 1))
    return call.transpose(tensor, (0, 3, 1, 2))


def each_sample(call: Call, tensor: str, function: Callable[[str], str]) -> str:
    """`function` on each sample of dimension 0, joined again: kernels take a batch of 1."""
    shape = call.type_of(tensor)[0]
    if shape[0] == 1:
        return function(tensor)
    return join(call, [function(part(call, tensor, 0, i, 1)) for i in range(shape[0])], 0)


def part(call: Call, tensor: str, axis: int, begin: int, size: int) -> str:
    """A slice along one dimension."""
    shape = call.type_of(tensor)[0]
    if begin == 0 and size == shape[axis]:
        return tensor
    return call.emit(
        "strided_slice",
        [tensor],
        begin=tuple(begin if i == axis else 0 for i in range(len(shape))),
        size=tuple(size if i == axis else d for i, d in enumerate(shape)),
        stride=(1,) * len(shape),
    )


def join(call: Call, tensors: Sequence[str], axis: int) -> str:
    """Concatenation of any number of tensors, in steps of 8."""
    parts = list(tensors)
    while len(parts) > 1:
        parts = [
            call.emit("concatenation", parts[i : i + _JOIN], axis=axis) if i + 1 < len(parts) else parts[i]
            for i in range(0, len(parts), _JOIN)
        ]
    return parts[0]
