"""Matrix products, transposed convolutions, other sizes and borders of images."""

from __future__ import annotations

from collections.abc import Callable

from edgeml.ops.batch_matmul import BatchMatmulAttrs
from edgeml.ops.common import Activation
from edgeml.ops.cumsum import CumsumAttrs
from edgeml.ops.mirror_pad import MirrorMode, MirrorPadAttrs
from edgeml.ops.resizing import ResizeAttrs
from edgeml.ops.transpose_conv import TransposeConvAttrs, same_padding
from tests.random_graphs.draft import Draft, arithmetic


def batch_matmul(d: Draft) -> str | None:
    x = d.existing(lambda t: 2 <= len(t.shape) <= 4 and arithmetic(t))
    if x is None:
        return None
    first = d.tensors[x]
    depth = first.shape[-1]
    fitting = d.existing(
        lambda t: t.dtype is first.dtype and len(t.shape) == len(first.shape) and t.shape[-2] == depth
        and t.shape[:-2] == first.shape[:-2]
    )  # fmt: skip
    if fitting is not None and d.chance(60):
        return d.grow("batch_matmul", [x, fitting], BatchMatmulAttrs())
    y = d.operand((*((1,) * (len(first.shape) - 2)), d.choose(1, 6), depth), int8=first.quantization is not None)
    return d.grow("batch_matmul", [x, y], BatchMatmulAttrs(adj_y=True))


def transpose_conv(d: Draft) -> str | None:
    x = d.existing(lambda t: len(t.shape) == 4 and t.shape[0] == 1 and arithmetic(t))
    if x is None:
        return None
    shape = d.tensors[x].shape
    stride = (d.choose(1, 2), d.choose(1, 2))
    outputs = d.choose(1, 6)
    # windows at least as large as the stride: every output element has an input
    w_shape = (outputs, d.choose(stride[0], 3), d.choose(stride[1], 3), shape[3])
    size = (shape[1] * stride[0], shape[2] * stride[1])
    padding = same_padding(shape, w_shape, stride, size) if d.chance(50) else (0, 0, 0, 0)
    w = d.weights(x, w_shape, 0)
    return d.grow("transpose_conv", [x, w, d.bias(x, w, outputs)], TransposeConvAttrs(stride, padding, Activation.NONE))


def _resize(op: str) -> Callable[[Draft], str | None]:
    def grow(d: Draft) -> str | None:
        x = d.existing(lambda t: len(t.shape) == 4 and arithmetic(t))
        if x is None:
            return None
        kind = d.choose(0, 2)
        return d.grow(op, [x], ResizeAttrs((d.choose(1, 9), d.choose(1, 9)), kind == 1, kind == 2))

    return grow


def mirror_pad(d: Draft) -> str | None:
    x = d.existing(lambda t: 1 <= len(t.shape) <= 4)
    if x is None:
        return None
    mode = MirrorMode(d.choose(0, 1))
    less = 1 if mode is MirrorMode.REFLECT else 0
    amounts = tuple((d.choose(0, min(n - less, 2)), d.choose(0, min(n - less, 2))) for n in d.tensors[x].shape)
    return d.grow("mirror_pad", [x], MirrorPadAttrs(amounts, mode))


def cumsum(d: Draft) -> str | None:
    x = d.existing(lambda t: bool(t.shape) and arithmetic(t))
    if x is None:
        return None
    return d.grow("cumsum", [x], CumsumAttrs(d.choose(0, len(d.tensors[x].shape) - 1), d.chance(30), d.chance(30)))


GROWERS = {
    "batch_matmul": batch_matmul,
    "transpose_conv": transpose_conv,
    "resize_bilinear": _resize("resize_bilinear"),
    "resize_nearest_neighbor": _resize("resize_nearest_neighbor"),
    "mirror_pad": mirror_pad,
    "cumsum": cumsum,
}
