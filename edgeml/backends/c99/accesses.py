"""In which order a kernel reads its inputs and writes its outputs, and how far both may therefore overlap.

A profile says for every step of a kernel which bytes of the input are still read at or after the step's writes (all
from `live[i]` on) and how many bytes of the output have been written after it (all below `written[i]`). Nothing that is
needed is overwritten as long as `start of output + written[i] <= start of input + live[i]` for all steps: the smallest
difference is the most that the output may start past the input. It is negative for most kernels with windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode, Tensor

# what a kernel writes besides its outputs
SCRATCH = -1


@dataclass(frozen=True)
class Overlap:
    """Input `read` of a node (its index) and output `written` (its index, or SCRATCH) may share memory.

    The output may start at most `most` bytes past the input (before it when negative). With `step` it starts exactly
    `most` bytes past it, or a multiple of `step` bytes less. An overlap that is not declared is not allowed.
    """

    read: int
    written: int
    most: int
    step: int = 0


# "no byte of the input is read any more"
NEVER = 1 << 40


def margin(live: Array, written: Array) -> int:
    """The most that the output may start past the input, from a profile (see above); both in bytes."""
    return int((np.asarray(live, np.int64) - np.asarray(written, np.int64)).min())


def remaining(first: Array) -> Array:
    """First byte that is read after each step, from the first byte `first[i]` that each step reads; NEVER after all."""
    first = np.asarray(first, np.int64)
    return np.asarray(np.minimum.accumulate(np.append(first[1:], NEVER)[::-1])[::-1])


def element_size(tensor: Tensor) -> int:
    """Bytes of one element."""
    return tensor.dtype.numpy.itemsize


def in_order(positions: Array, x: Tensor, y: Tensor) -> int:
    """The margin of a kernel that for each element of `y`, in order, reads element `positions[i]` of `x` and writes."""
    live = remaining(positions * element_size(x))
    return margin(live, (np.arange(len(positions)) + 1) * element_size(y))


def repeated(most: int, repeat: int, x_bytes: int, y_bytes: int) -> int:
    """The margin of a kernel with margin `most` that runs `repeat` times, each time on the next x_bytes and y_bytes."""
    if repeat == 1:
        return most
    step = x_bytes - y_bytes
    return min(most + min(0, (repeat - 1) * step), step, (repeat - 1) * step)


def may_alias(x: Tensor, y: Tensor) -> bool:
    """Whether C lets one memory be read as x's elements and written as y's: of one type, or bytes on one side."""
    return x.dtype is y.dtype or 1 in (element_size(x), element_size(y))


def elementwise(bound: BoundNode, inputs: Sequence[int] = (0,)) -> tuple[Overlap, ...]:
    """Overlaps of a kernel that reads element i of `inputs`, all as large as the output, and then writes element i."""
    y = bound.output
    found = []
    for index in inputs:
        x = bound.optional(index)
        if x is not None and not x.is_constant and x.type.elements == y.type.elements and may_alias(x, y):
            found.append(Overlap(index, 0, in_order(np.arange(y.type.elements), x, y)))
    return tuple(found)
