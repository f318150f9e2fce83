"""Random int8 nodes for the kernels' contract test: odd sizes, strides, dilations, paddings, values at their ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgeml.backends.c99.selection import Kernel, Machine
from edgeml.ir import Graph, Numerics, Quantization
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from tests.backends.c99.selection.zeros import with_zeros
from tests.contract.cases import CASES, Draft, as_int16, random_inputs
from tests.ops.random_nodes import Case, supported


def random_nodes(
    kernel: Kernel,
    machine: Machine,
    count: int,
    numerics: Numerics = Numerics.LITERT,
    refused: Counter[str] | None = None,
) -> Iterator[Case]:
    """`count` random nodes that the kernel takes on `machine`, and their inputs; `refused` counts reasons of others."""
    rng = np.random.default_rng(sum(map(ord, kernel.name)))
    found = tries = 0
    while found < count:
        tries += 1
        assert tries < 100 * count, f"{kernel.name} refuses nearly all nodes"
        bound, inputs = random_node(kernel, rng, numerics)
        if not supported(bound):
            continue
        if refusal := kernel.refusal(bound, machine):
            if refused is not None:
                refused[re.sub(r"[-\d.,x]*\d", "n", refusal)] += 1
            continue
        found += 1
        yield bound, inputs


def random_node(kernel: Kernel, rng: np.random.Generator, numerics: Numerics = Numerics.LITERT) -> Case:
    """A node of the kernel's operator, which the kernel need not take, and its inputs."""
    further = _FURTHER.get(kernel.op)
    if kernel.needs & {"simd", "mve"} and kernel.op in _MANY_CHANNELS and rng.random() < 0.4:
        further = _MANY_CHANNELS[kernel.op]
    graph = further(rng) if further and rng.random() < 0.7 else CASES[kernel.op](rng, True)
    if "sparse" in kernel.name:
        graph = with_zeros(graph, rng)
    if kernel.packs:
        graph = with_nibbles(graph, rng)
    if kernel.name.endswith("_s16"):
        graph = as_int16(graph, rng)
    values = {**random_inputs(graph, rng), **{t.name: t.data for t in graph.constants}}
    if rng.random() < 0.1:
        # sums at the ends of their ranges
        ends = {t.name: np.iinfo(t.dtype.numpy) for t in graph.input_tensors}
        values.update({n: np.where(values[n] < 0, e.min, e.max).astype(e.dtype) for n, e in ends.items()})
    bound = next(iter(replace(graph, numerics=numerics).bound()))
    return bound, tuple(values[n] if n else None for n in bound.node.inputs)


def with_nibbles(graph: Graph, rng: np.random.Generator) -> Graph:
    """The graph with weights of four bits, one time in five of the largest size only."""
    w = next(iter(graph.bound())).input(1)
    codes = rng.choice([-7, 7], w.shape) if rng.random() < 0.2 else rng.integers(-7, 8, w.shape)
    return graph.with_tensors({w.name: replace(w, data=codes.astype(np.int8))})


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


def _many_channels(rng: np.random.Generator) -> int:
    """Around the sizes of vectors and their blocks, and between."""
    return int(rng.choice([16, 32, 64, 128, 192, rng.integers(1, 200), 8 * rng.integers(1, 25)]))


def _wide_conv_2d(rng: np.random.Generator) -> Graph:
    """Several blocks of channels by several tiles of pixels."""
    d = Draft(rng, True)
    pointwise = rng.random() < 0.5
    kernel = (1, 1) if pointwise else (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    stride = (1, 1) if rng.random() < 0.7 else (2, 2)
    padding = (0,) * 4 if pointwise else tuple(int(n) for n in rng.integers(0, 2, 4))
    channels = int(rng.choice([rng.integers(1, 20), 16, 64]))
    outputs = _many_channels(rng)
    size = (int(rng.integers(3, 7)), int(rng.integers(3, 14)))
    q = d.quantization()
    x, w = d.input((1, *size, channels), q), _extreme_weights(d, (outputs, *kernel, channels), 0)
    attrs = Conv2DAttrs(stride, padding, (1, 1), d.activation())
    terms = kernel[0] * kernel[1] * channels
    return d.build("conv_2d", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, terms))


def _wide_depthwise(rng: np.random.Generator) -> Graph:
    """Channels that fill vectors, and others; rows shorter and longer than one; images and windows of one column."""
    d = Draft(rng, True)
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    stride = (1, 1) if rng.random() < 0.5 else tuple(int(n) for n in rng.integers(1, 4, 2))
    size = (int(rng.integers(4, 7)), int(rng.integers(4, 20)))
    padding = tuple(int(n) for n in rng.integers(0, 2, 4))
    if rng.random() < 0.2:
        kernel, size, padding = (int(rng.integers(1, 18)), 1), (int(rng.integers(17, 30)), 1), (*padding[:2], 0, 0)
    channels, multiplier = _many_channels(rng), int(rng.choice([1, 1, 1, 2]))
    q = d.quantization()
    x, w = d.input((1, *size, channels), q), _extreme_weights(d, (1, *kernel, channels * multiplier), 3)
    attrs = DepthwiseConv2DAttrs(stride, padding, (1, 1), d.activation())
    inputs = [x, w, d.bias(x, w, channels * multiplier)]
    return d.build("depthwise_conv_2d", inputs, attrs, d.output_for_sum(q, 0.01, kernel[0] * kernel[1]))


def _wide_fully_connected(rng: np.random.Generator) -> Graph:
    """Up to some hundred outputs, one row and several."""
    d = Draft(rng, True)
    size, outputs, rows = int(rng.integers(1, 150)), _many_channels(rng), int(rng.choice([1, 1, 2, 9]))
    q = d.quantization()
    x, w = d.input((rows, size), q), _extreme_weights(d, (outputs, size), 0)
    attrs = FullyConnectedAttrs(d.activation(), False)
    return d.build("fully_connected", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, size))


def _fully_connected(rng: np.random.Generator) -> Graph:
    """Long rows, of any size; weights of all sizes, of small ones or of the largest only."""
    d = Draft(rng, True)
    batches, inputs, outputs = int(rng.integers(1, 3)), int(rng.integers(1, 150)), int(rng.integers(1, 25))
    q = d.quantization()
    x, w = d.input((batches, inputs), q), _extreme_weights(d, (outputs, inputs), 0)
    if rng.random() < 0.4:
        codes = np.clip(rng.normal(0, 12, (outputs, inputs)), -127, 127).astype(np.int8)
        w = d.builder.constant("small", codes, d.builder.build([x]).tensors[w].quantization)
    attrs = FullyConnectedAttrs(activation=d.activation())
    return d.build("fully_connected", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, inputs))


# operators whose cases leave out shapes that matter to kernels
_FURTHER = {"conv_2d": _conv_2d, "depthwise_conv_2d": _depthwise, "fully_connected": _fully_connected}
# the same for kernels that take many channels at a time
_MANY_CHANNELS = {
    "conv_2d": _wide_conv_2d,
    "depthwise_conv_2d": _wide_depthwise,
    "fully_connected": _wide_fully_connected,
}
