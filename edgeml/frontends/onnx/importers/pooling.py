"""Pools, and the global ones as reductions."""

from __future__ import annotations

from collections.abc import Callable

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.layout import each_sample, from_nhwc, to_nhwc
from edgeml.frontends.onnx.importers.windows import Window, spatial_rank, window
from edgeml.ops.common import NO_PADDING


def max_pool(call: Call) -> None:
    """The first output; positions of the maxima are not computed."""
    shape, rank = _window(call)
    x = to_nhwc(call, call.x(0))

    def pool(x: str) -> str:
        if shape.dilation != (1, 1):
            return _dilated_max(call, x, shape)
        return call.emit("max_pool_2d", [x], kernel=shape.kernel, stride=shape.stride, padding=shape.padding)

    call.result(from_nhwc(call, each_sample(call, x, pool), rank + 2))


def _dilated_max(call: Call, x: str, s: Window) -> str:
    """One strided slice a tap of the window, and the maximum of all."""
    if s.padding != NO_PADDING:
        top, bottom, left, right = s.padding
        pads = ((0, 0), (top, bottom), (left, right), (0, 0))
        x = call.emit("pad", [x], paddings=pads, value=-3.4028234663852886e38)
    n, height, width, c = call.type_of(x)[0]
    out = [
        (size - (k - 1) * d - 1) // st + 1
        for size, k, d, st in zip((height, width), s.kernel, s.dilation, s.stride, strict=True)
    ]
    if min(out) < 1:
        raise call.damaged("the window does not fit into the input")
    best = ""
    for i in range(s.kernel[0]):
        for j in range(s.kernel[1]):
            begin = (0, i * s.dilation[0], j * s.dilation[1], 0)
            tap = call.emit("strided_slice", [x], begin=begin, size=(n, out[0], out[1], c), stride=(1, *s.stride, 1))
            best = call.emit("maximum", [best, tap]) if best else tap
    return best


def average_pool(call: Call) -> None:
    """Padding counts as zeros when count_include_pad says so; what ceil_mode adds never counts."""
    shape, rank = _window(call)
    if shape.dilation != (1, 1):
        raise call.unsupported(f"dilations {shape.dilation} are not supported.", "Use dilation 1.")
    x = to_nhwc(call, call.x(0))
    padding = shape.padding
    if call.integer("count_include_pad") and padding != NO_PADDING:
        top, bottom, left, right = _declared(call, padding)
        x = call.emit("pad", [x], paddings=((0, 0), (top, bottom), (left, right), (0, 0)), value=None)
        padding = (0, padding[1] - bottom, 0, padding[3] - right)

    def pool(x: str) -> str:
        return call.emit("average_pool_2d", [x], kernel=shape.kernel, stride=shape.stride, padding=padding)

    call.result(from_nhwc(call, each_sample(call, x, pool), rank + 2))


def _declared(call: Call, padding: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The padding without what ceil_mode added at the ends."""
    top, _, left, _ = padding
    if not call.integer("ceil_mode") or call.text("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return padding
    pads = call.integers("pads", (0,) * 4) or (0,) * 4
    if call.text("auto_pad", "NOTSET") == "VALID":
        return top, 0, left, 0
    return (top, 0, left, pads[1]) if len(pads) == 2 else (top, pads[2], left, pads[3])


def _window(call: Call) -> tuple[Window, int]:
    """The window with ceil_mode resolved into more padding at the ends, and the number of spatial dimensions."""
    rank = spatial_rank(call)
    kernel = call.integers("kernel_shape")
    if kernel is None:
        raise call.damaged("kernel_shape is missing")
    spatial = call.shape(0)[2:]
    shape = window(call, spatial, kernel)
    if not call.integer("ceil_mode"):
        return shape, rank
    sizes = (1, spatial[0]) if rank == 1 else spatial
    grown = list(shape.padding)
    for i in range(2):
        before, after = grown[2 * i], grown[2 * i + 1]
        span = (shape.kernel[i] - 1) * shape.dilation[i] + 1
        size, stride = sizes[i], shape.stride[i]
        count = -(-(size + before + after - span) // stride) + 1
        # a window that would begin in the padding behind the input is left out
        if (count - 1) * stride >= size + before:
            count -= 1
        grown[2 * i + 1] = after + max(0, (count - 1) * stride + span - (size + before + after))
    return Window(shape.kernel, shape.stride, shape.dilation, (grown[0], grown[1], grown[2], grown[3])), rank


def _global(op: str) -> Callable[[Call], None]:
    def reduce(call: Call) -> None:
        rank = len(call.shape(0))
        if rank < 3:
            raise call.damaged(f"takes at least rank 3. Got {call.shape(0)}")
        call.result(call.emit(op, [call.x(0)], axes=tuple(range(2, rank)), keep_dims=True))

    return reduce


IMPORTERS = {
    ("", "MaxPool"): max_pool,
    ("", "AveragePool"): average_pool,
    ("", "GlobalAveragePool"): _global("mean"),
    ("", "GlobalMaxPool"): _global("reduce_max"),
}
