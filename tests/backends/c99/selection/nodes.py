"""Random int8 nodes for the kernels' contract test: odd sizes, strides, dilations, paddings, values at their ends."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.selection import Kernel
from edgeml.ir import Array, BoundNode, Graph
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from tests.contract.cases import CASES, Draft, random_inputs


def random_node(kernel: Kernel, rng: np.random.Generator) -> tuple[BoundNode, tuple[Array | None, ...]]:
    """A node of the kernel's operator, which the kernel need not take, and its inputs."""
    further = _FURTHER.get(kernel.op)
    graph = further(rng) if further and rng.random() < 0.7 else CASES[kernel.op](rng, True)
    values = {**random_inputs(graph, rng), **{t.name: t.data for t in graph.constants}}
    bound = next(iter(graph.bound()))
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


# operators whose cases leave out shapes that matter to kernels
_FURTHER = {"conv_2d": _conv_2d}
