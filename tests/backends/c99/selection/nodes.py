"""Random int8 nodes for the kernels' contract test: odd sizes, strides, dilations, paddings, values at their ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.backends.c99.selection import Kernel
from edgeml.ir import Array, BoundNode, Graph, Numerics, Quantization
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from tests.contract.cases import CASES, Draft, random_inputs


def random_node(
    kernel: Kernel, rng: np.random.Generator, numerics: Numerics = Numerics.LITERT
) -> tuple[BoundNode, tuple[Array | None, ...]]:
    """A node of the kernel's operator, which the kernel need not take, and its inputs."""
    further = _FURTHER.get(kernel.op)
    graph = further(rng) if further and rng.random() < 0.7 else CASES[kernel.op](rng, True)
    values = {**random_inputs(graph, rng), **{t.name: t.data for t in graph.constants}}
    if rng.random() < 0.1:
        # sums at the ends of their ranges
        values.update({name: np.where(values[name] < 0, -128, 127).astype(np.int8) for name in graph.inputs})
    bound = next(iter(replace(graph, numerics=numerics).bound()))
    return bound, tuple(values[n] if n else None for n in bound.node.inputs)


def _conv_2d(rng: np.random.Generator) -> Graph:
    """Many channels, 1x1 and first-layer shapes, padding wider than the window, any stride with any dilation."""
    d = Draft(rng, True)
    pointwise = rng.random() < 0.3
    kernel = (1, 1) if pointwise else tuple(int(n) for n in rng.integers(1, 6, 2))
    stride = (1, 1) if rng.random() < 0.5 else tuple(int(n) for n in rng.integers(1, 4, 2))
    dilation = (1, 1) if rng.random() < 0.6 else tuple(int(n) for n in rng.integers(1, 4, 2))
    padding = (0,) * 4 if pointwise or rng.random() < 0.3 else tuple(int(n) for n in rng.integers(0, 5, 4))
    size = [(k - 1) * s + 1 + int(rng.integers(0, 6)) for k, s in zip(kernel, dilation, strict=True)]
    channels = int(rng.choice([rng.integers(1, 5), 4 * rng.integers(1, 9), rng.integers(1, 40)]))
    outputs = int(rng.choice([1, rng.integers(1, 20), 8]))
    q = d.quantization()
    shape = (outputs, *kernel, channels)
    x, w = d.input((1, *size, channels), q), d.weights(shape, 0)
    if rng.random() < 0.15:
        # the weights' largest values, and what sums they make
        ends = rng.choice([[-128, 127], [127, 127], [-127, 127]]).repeat(np.prod(shape) // 2 + 1)[: np.prod(shape)]
        w = d.builder.constant(
            "ends", rng.permutation(ends).astype(np.int8).reshape(shape), d.builder.build([x]).tensors["w"].quantization
        )
    attrs = Conv2DAttrs(stride, padding, dilation, Activation(int(rng.integers(0, 4))))
    terms = kernel[0] * kernel[1] * channels
    return d.build("conv_2d", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, terms))


def _extreme_weights(draft: Draft, shape: tuple[int, ...], axis: int) -> str:
    """Weights, one time in five of the largest sizes only."""
    if draft.rng.random() < 0.8:
        return draft.weights(shape, axis)
    scales = np.exp(draft.rng.uniform(np.log(1e-3), np.log(0.05), shape[axis]))
    data = draft.rng.choice([-128, -127, 127], shape).astype(np.int8)
    return draft.builder.constant("w", data, Quantization.per_channel(scales, axis))


def _depthwise(rng: np.random.Generator) -> Graph:
    """Mostly 3x3 windows, four channels and more, any padding."""
    d = Draft(rng, True)
    kernel = (3, 3) if rng.random() < 0.7 else tuple(int(n) for n in rng.integers(1, 8, 2))
    stride = (1, 1) if rng.random() < 0.4 else tuple(int(n) for n in rng.integers(1, 4, 2))
    dilation = (1, 1) if rng.random() < 0.7 else tuple(int(n) for n in rng.integers(1, 4, 2))
    padding = tuple(int(n) for n in rng.integers(0, 4, 4)) if rng.random() < 0.7 else (0, 0, 0, 0)
    window = [(k - 1) * n + 1 for k, n in zip(kernel, dilation, strict=True)]
    least = [max(1, n - padding[2 * i] - padding[2 * i + 1]) for i, n in enumerate(window)]
    size = [n + int(rng.integers(0, 14)) for n in least]
    channels = int(rng.integers(4, 14))
    outputs = channels * int(rng.choice([1, 1, 1, 2, 3]))
    q = d.quantization()
    x, w = d.input((1, *size, channels), q), _extreme_weights(d, (1, *kernel, outputs), 3)
    attrs = DepthwiseConv2DAttrs(stride, padding, dilation, d.activation())
    return d.build(
        "depthwise_conv_2d", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, kernel[0] * kernel[1])
    )


# operators whose cases leave out shapes that matter to kernels
_FURTHER = {"conv_2d": _conv_2d, "depthwise_conv_2d": _depthwise}
