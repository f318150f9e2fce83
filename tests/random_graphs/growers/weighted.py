"""Convolutions, fully connected, pools."""

from __future__ import annotations

from edgeml.ops.common import NO_PADDING, Padding, same_padding_2d
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from tests.random_graphs.draft import Draft, arithmetic


def _image(d: Draft) -> str | None:
    return d.existing(lambda t: len(t.shape) == 4 and t.shape[0] == 1 and arithmetic(t))


def _window(d: Draft, shape: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """kernel, stride, dilation."""
    kernel = (d.choose(1, min(4, shape[1])), d.choose(1, min(4, shape[2])))
    stride = (d.choose(1, 3), d.choose(1, 3))
    dilation = (d.choose(1, 2), d.choose(1, 2)) if stride == (1, 1) and d.chance(30) else (1, 1)
    return kernel, stride, dilation


def _padding(
    d: Draft, shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> Padding:
    kind = d.choose(0, 5)
    if kind < 3:
        return same_padding_2d(shape, kernel, stride, dilation)
    if kind < 5:
        return NO_PADDING
    return d.choose(0, 3), d.choose(0, 3), d.choose(0, 3), d.choose(0, 3)


def conv_2d(d: Draft) -> str | None:
    x = _image(d)
    if x is None:
        return None
    shape = d.tensors[x].shape
    kernel, stride, dilation = _window(d, shape)
    outputs = d.choose(1, 9)
    w = d.weights(x, (outputs, *kernel, shape[3]), 0)
    attrs = Conv2DAttrs(stride, _padding(d, shape, kernel, stride, dilation), dilation, d.activation())
    return d.grow("conv_2d", [x, w, d.bias(x, w, outputs)], attrs)


def depthwise_conv_2d(d: Draft) -> str | None:
    x = _image(d)
    if x is None:
        return None
    shape = d.tensors[x].shape
    kernel, stride, dilation = _window(d, shape)
    outputs = shape[3] * (d.choose(1, 3) if d.chance(30) else 1)
    w = d.weights(x, (1, *kernel, outputs), 3)
    attrs = DepthwiseConv2DAttrs(stride, _padding(d, shape, kernel, stride, dilation), dilation, d.activation())
    return d.grow("depthwise_conv_2d", [x, w, d.bias(x, w, outputs)], attrs)


def fully_connected(d: Draft) -> str | None:
    x = d.existing(lambda t: len(t.shape) >= 2 and arithmetic(t))
    if x is None:
        return None
    shape = d.tensors[x].shape
    keep = d.chance(40)
    size = shape[-1] if keep or d.chance(70) else d.tensors[x].type.elements
    outputs = d.choose(1, 9)
    w = d.weights(x, (outputs, size), 0)
    return d.grow("fully_connected", [x, w, d.bias(x, w, outputs)], FullyConnectedAttrs(d.activation(), keep))


def _pool(d: Draft, op: str) -> str | None:
    x = _image(d)
    if x is None:
        return None
    shape = d.tensors[x].shape
    kernel, stride, _ = _window(d, shape)
    padding = same_padding_2d(shape, kernel, stride) if d.chance(40) else NO_PADDING
    return d.grow(op, [x], PoolAttrs(kernel, stride, padding, d.activation()))


def max_pool_2d(d: Draft) -> str | None:
    return _pool(d, "max_pool_2d")


def average_pool_2d(d: Draft) -> str | None:
    return _pool(d, "average_pool_2d")


GROWERS = {
    "conv_2d": conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "fully_connected": fully_connected,
    "max_pool_2d": max_pool_2d,
    "average_pool_2d": average_pool_2d,
}
