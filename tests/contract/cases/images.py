"""Matrix products, transposed convolutions, other sizes and borders of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgeml.ir import Graph
from edgeml.ops.batch_matmul import BatchMatmulAttrs
from edgeml.ops.common import NO_PADDING, Activation
from edgeml.ops.cumsum import CumsumAttrs
from edgeml.ops.mirror_pad import MirrorMode, MirrorPadAttrs
from edgeml.ops.resizing import ResizeAttrs
from edgeml.ops.transpose_conv import TransposeConvAttrs, same_padding
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def batch_matmul(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    rows, depth, columns = (int(n) for n in rng.integers(1, 12, 3))
    batch = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3)))
    if batch and rng.random() < 0.7:
        batch = (1, *batch[1:])
    attrs = BatchMatmulAttrs(bool(rng.random() < 0.3), bool(rng.random() < 0.3))
    qa, qb = d.quantization(), d.quantization()
    a = d.input((*batch, *((depth, rows) if attrs.adj_x else (rows, depth))), qa)
    other = batch if rng.random() < 0.6 else tuple(1 if rng.random() < 0.5 else n for n in batch)
    matrix = (columns, depth) if attrs.adj_y else (depth, columns)
    b = d.constant((*other, *matrix), qb) if rng.random() < 0.3 else d.input((*other, *matrix), qb)
    out = d.output_for_sum(qa, qb.scale[0], depth) if int8 else None
    return d.build("batch_matmul", [a, b], attrs, out)


def transpose_conv(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    kernel, stride = [int(n) for n in rng.integers(1, 5, 2)], tuple(int(n) for n in rng.integers(1, 4, 2))
    channels, outputs = (int(n) for n in rng.integers(1, 9, 2))
    shape = (1 if rng.random() < 0.8 else 2, *(int(n) for n in rng.integers(1, 7, 2)), channels)
    w_shape = (outputs, *kernel, channels)
    padding = NO_PADDING
    if rng.random() < 0.5:
        padding = same_padding(shape, w_shape, stride, (shape[1] * stride[0], shape[2] * stride[1]))
    q = d.quantization()
    x, w = d.input(shape, q), d.weights(w_shape, 0)
    # LiteRT has activations here in version 4 only, and its delegate refuses some of them
    attrs = TransposeConvAttrs(stride, padding, Activation.NONE if rng.random() < 0.7 else Activation.RELU)
    out = d.output_for_sum(q, 0.01, channels) if int8 else None
    return d.build("transpose_conv", [x, w, d.bias(x, w, outputs)], attrs, out)


def _resize(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    shape = (1 if rng.random() < 0.8 else 2, *(int(n) for n in rng.integers(1, 9, 3)))
    size = tuple(int(n) for n in rng.integers(1, 14, 2))
    if rng.random() < 0.3:
        size = (shape[1] * int(rng.integers(1, 4)), shape[2] * int(rng.integers(1, 4)))
    kind = int(rng.integers(0, 3))
    q = d.quantization() if int8 else None
    return d.build(op, [d.input(shape, q)], ResizeAttrs(size, kind == 1, kind == 2), q)


def resize_bilinear(rng: Rng, int8: bool) -> Graph:
    return _resize(rng, int8, "resize_bilinear")


def resize_nearest_neighbor(rng: Rng, int8: bool) -> Graph:
    return _resize(rng, int8, "resize_nearest_neighbor")


def mirror_pad(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    mode = MirrorMode(int(rng.integers(0, 2)))
    less = 1 if mode is MirrorMode.REFLECT else 0
    paddings = [tuple(int(rng.integers(0, min(n - less, 3) + 1)) for _ in range(2)) for n in shape]
    if rng.random() < 0.6:
        paddings[0] = (0, 0)
    q = d.quantization() if int8 else None
    return d.build("mirror_pad", [d.input(shape, q)], MirrorPadAttrs(tuple(paddings), mode), q)


def cumsum(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    attrs = CumsumAttrs(int(rng.integers(0, len(shape))), bool(rng.random() < 0.5), bool(rng.random() < 0.5))
    return d.build("cumsum", [d.input(shape)], attrs, None)


CASES: Mapping[str, Case] = {
    "batch_matmul": batch_matmul,
    "transpose_conv": transpose_conv,
    "resize_bilinear": resize_bilinear,
    "resize_nearest_neighbor": resize_nearest_neighbor,
    "mirror_pad": mirror_pad,
    "cumsum": cumsum,
}
