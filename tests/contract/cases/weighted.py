"""Convolutions, fully connected, pools."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgeml.ir import Graph
from edgeml.ops.common import NO_PADDING, same_padding_2d
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from tests.contract.cases.draft import Draft, Rng

Case = Callable[[Rng, bool], Graph]


def _window(rng: Rng) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """(height, width), kernel, stride."""
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    size = (kernel[0] + int(rng.integers(0, 7)), kernel[1] + int(rng.integers(0, 7)))
    return size, kernel, (int(rng.integers(1, 4)), int(rng.integers(1, 4)))


def _convolution(rng: Rng, int8: bool, depthwise: bool) -> Graph:
    d = Draft(rng, int8)
    size, kernel, stride = _window(rng)
    dilation = (1, 1)
    if stride == (1, 1) and rng.random() < 0.4:
        dilation = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    size = tuple(s + (k - 1) * (dl - 1) for s, k, dl in zip(size, kernel, dilation, strict=True))
    channels = int(rng.integers(1, 9))
    shape = (1 if rng.random() < 0.9 else 3, *size, channels)
    padding = same_padding_2d(shape, kernel, stride, dilation) if rng.random() < 0.5 else NO_PADDING
    if depthwise:
        outputs = channels * int(rng.choice([1, 1, 1, 2, 3]))
        w_shape, axis = (1, *kernel, outputs), 3
        terms, kind = kernel[0] * kernel[1], DepthwiseConv2DAttrs
    else:
        outputs = int(rng.integers(1, 18))
        w_shape, axis = (outputs, *kernel, channels), 0
        terms, kind = kernel[0] * kernel[1] * channels, Conv2DAttrs
    q = d.quantization()
    x = d.input(shape, q)
    w = d.weights(w_shape, axis)
    inputs = [x, w, d.bias(x, w, outputs)]
    attrs = kind(stride, padding, dilation, d.activation())
    return d.build(
        "depthwise_conv_2d" if depthwise else "conv_2d",
        inputs,
        attrs,
        d.output_for_sum(q, 0.01, terms) if int8 else None,
    )


def conv_2d(rng: Rng, int8: bool) -> Graph:
    return _convolution(rng, int8, depthwise=False)


def depthwise_conv_2d(rng: Rng, int8: bool) -> Graph:
    return _convolution(rng, int8, depthwise=True)


def fully_connected(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    size, outputs = int(rng.integers(1, 70)), int(rng.integers(1, 20))
    keep = bool(rng.random() < 0.3)
    rows = int(rng.integers(1, 4))
    shape = [(1, size), (rows, size), (1, rows, size), (1, 1, 1, size)][rng.integers(4)]
    q = d.quantization()
    x = d.input(shape, q)
    w = d.weights((outputs, size), 0)
    attrs = FullyConnectedAttrs(d.activation(), keep)
    return d.build(
        "fully_connected", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, size) if int8 else None
    )


def _pool(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    size, kernel, stride = _window(rng)
    shape = (1 if rng.random() < 0.9 else 3, *size, int(rng.integers(1, 20)))
    padding = same_padding_2d(shape, kernel, stride) if rng.random() < 0.5 else NO_PADDING
    q = d.quantization() if int8 else None
    return d.build(op, [d.input(shape, q)], PoolAttrs(kernel, stride, padding, d.activation()), q)


def max_pool_2d(rng: Rng, int8: bool) -> Graph:
    return _pool(rng, int8, "max_pool_2d")


def average_pool_2d(rng: Rng, int8: bool) -> Graph:
    return _pool(rng, int8, "average_pool_2d")


CASES: Mapping[str, Case] = {
    "conv_2d": conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "fully_connected": fully_connected,
    "max_pool_2d": max_pool_2d,
    "average_pool_2d": average_pool_2d,
}
