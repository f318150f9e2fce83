"""The order of accesses of kernels that move a window over an image, pixel by pixel of the output."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.backends.c99.accesses import Overlap, margin, remaining, repeated
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, ParamValue

Params = Mapping[str, ParamValue]


def first_pixels(params: Params) -> Array:
    """For each pixel of y, in order, the first pixel of x that its window reads; in elements of one channel."""
    rows, columns = (
        _starts(params, f"output_{a}", f"stride_{a}", pad, f"input_{a}")
        for a, pad in (("h", "pad_top"), ("w", "pad_left"))
    )
    return np.asarray((rows[:, None] * _number(params, "input_w") + columns).ravel())


def _starts(params: Params, output: str, stride: str, pad: str, size: str) -> Array:
    """First row or column that the windows of each output reach."""
    starts = np.arange(_number(params, output)) * _number(params, stride) - _number(params, pad)
    return np.asarray(np.clip(starts, 0, _number(params, size) - 1))


def window_margin(params: Params, x_pixel: int, y_pixel: int, block: int = 1, *, ahead: bool) -> int:
    """The margin of a kernel that computes `block` pixels of y at a time, all channels of them, in order.

    `x_pixel` and `y_pixel` are the bytes of a pixel. `ahead`: all reads of a block come before its first write.
    """
    first = first_pixels(params)
    begins = np.arange(0, len(first), block)
    ends = np.minimum(begins + block, len(first))
    lowest = np.minimum.accumulate(first[::-1])[::-1][begins]  # of this block and all that follow
    live = remaining(lowest * x_pixel) if ahead else lowest * x_pixel
    return margin(live, ends * y_pixel)


def blockwise(bound: BoundNode, call: KernelCall, block: int, *, ahead: bool) -> tuple[Overlap, ...]:
    """The overlap of input 0 and output 0 for such a kernel."""
    x, y = bound.input(0).type, bound.output.type
    sizes = [t.nbytes // t.elements * t.shape[-1] for t in (x, y)]
    most = window_margin(call.params, sizes[0], sizes[1], block, ahead=ahead)
    return (Overlap(0, 0, repeated(most, call.repeat, x.nbytes // call.repeat, y.nbytes // call.repeat)),)


def channelwise(bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
    """For a kernel that computes a whole image of each channel or few channels before it goes to the next ones.

    Where x and y have the same channels, and y lies whole pixels away from x, no channel meets another's bytes.
    """
    x, y = bound.input(0), bound.output
    pixel = x.type.nbytes // x.type.elements * x.shape[-1]
    if x.shape[-1] != y.shape[-1] or call.repeat > 1:
        return ()
    pixels = window_margin(call.params, 1, 1, ahead=True)
    return (Overlap(0, 0, min(pixels, 0) * pixel, pixel),)


def _number(params: Params, name: str) -> int:
    value = params[name]
    assert isinstance(value, int | np.integer)
    return int(value)
