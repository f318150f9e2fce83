"""Random nodes for kernels, what their inputs are, and when a kernel's outputs are those of the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, BoundNode, Graph, Numerics, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from tests.contract.cases import (
    CASES,
    FLOAT_OPS,
    INT8_OPS,
    INT16_OPS,
    TFLM_OPS,
    Draft,
    as_int16,
    random_inputs,
    random_states,
)

# float32, other than sums of products: own exp and order of summation, relative to the largest output (or 1)
FLOAT_BOUND = 4e-6
HALF_ULP = 2.0**-24
SUMS = {"conv_2d", "depthwise_conv_2d", "fully_connected"}

Case = tuple[BoundNode, tuple[Array | None, ...]]


def case(graph: Graph, rng: np.random.Generator) -> Case:
    """The only node of a graph and random inputs for it."""
    values = {**random_inputs(graph, rng), **random_states(graph, rng), **{t.name: t.data for t in graph.constants}}
    bound = next(iter(graph.bound()))
    return bound, tuple(values[n] if n else None for n in bound.node.inputs)


def any_convolution(rng: np.random.Generator, depthwise: bool) -> Graph:
    """Any padding, also wider than the window, any stride with any dilation, weights and values at their ends."""
    d = Draft(rng, True)
    kernel = [int(n) for n in rng.integers(1, 5, 2)]
    dilation = [int(n) for n in rng.integers(1, 4, 2)]
    size = [(k - 1) * s + 1 + int(rng.integers(0, 6)) for k, s in zip(kernel, dilation, strict=True)]
    padding = [int(n) for n in rng.integers(0, 6, 4)]
    channels = int(rng.integers(1, 40)) if rng.random() < 0.3 else int(rng.integers(1, 7))
    outputs = channels * int(rng.integers(1, 4)) if depthwise else int(rng.integers(1, 14))
    shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, channels)
    q = d.quantization()
    x, w = d.input((1, *size, channels), q), d.weights(shape, 3 if depthwise else 0)
    if rng.random() < 0.3:
        ends = rng.choice([-128, 127], shape).astype(np.int8)
        w = d.builder.constant("ends", ends, d.builder.build([x]).tensors["w"].quantization)
    attrs = (DepthwiseConv2DAttrs if depthwise else Conv2DAttrs)(
        tuple(rng.integers(1, 4, 2).tolist()), tuple(padding), tuple(dilation), Activation(int(rng.integers(0, 4)))
    )
    terms = kernel[0] * kernel[1] * (1 if depthwise else channels)
    op = "depthwise_conv_2d" if depthwise else "conv_2d"
    return d.build(op, [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, terms))


def supported(bound: BoundNode) -> bool:
    try:
        OPS[bound.node.op].check(bound)
    except UnsupportedError:
        return False
    return True


def portable_nodes(kernel: str, numerics: Numerics = Numerics.LITERT) -> Iterator[Case]:
    """Random nodes without end whose operators' own kernel is `kernel`; none where there are none."""
    rng = np.random.default_rng(sum(map(ord, kernel)))
    kinds = {"int8": INT8_OPS, "int16": INT16_OPS, "": FLOAT_OPS}
    if numerics is Numerics.TFLM:
        # float32 to int8 is the one float operator that has numerics
        kinds = {"int8": TFLM_OPS, "": ("quantize",)}
    sources = [(op, kind) for kind, ops in kinds.items() for op in ops if kernel in OPS[op].kernels]
    found, tries = dict.fromkeys(sources, 0), 0
    while sources:
        for op, kind in sources:
            wide = kind and op in ("conv_2d", "depthwise_conv_2d") and rng.random() < 0.5
            graph = any_convolution(rng, op.startswith("depthwise")) if wide else CASES[op](rng, bool(kind))
            if kind == "int8" and op in SUMS and rng.random() < 0.15:
                graph = shifted_weights(graph, rng)
            if kind == "int16" or (op == "quantize" and rng.random() < 0.5):
                graph = as_int16(graph, rng)
            bound, inputs = case(replace(graph, numerics=numerics), rng)
            if (not kind or supported(bound)) and OPS[op].kernel(bound).kernel == kernel:
                found[op, kind] += 1
                yield bound, inputs
        tries += 1
        # a kernel for some element types only, of an operator that has others
        sources = [s for s in sources if tries < 200 or found[s] > 0]


def wrong_outputs(node: Case, outputs: Sequence[Array], wanted: Sequence[Array]) -> list[int]:
    """Which outputs are not the reference's: integers bit for bit, float32 within a bound."""
    (bound, inputs), wrong = node, []
    op = bound.node.op
    for i, (got, want) in enumerate(zip(outputs, wanted, strict=True)):
        if want.dtype != np.float32:
            fine = np.array_equal(got, want.reshape(got.shape))
        else:
            limit = sum_limit(op, bound, inputs) if op in SUMS else FLOAT_BOUND * max(1.0, float(np.abs(want).max()))
            fine = bool((np.abs(got - want.reshape(got.shape)) <= limit).all())
        if not fine:
            wrong.append(i)
    return wrong


def sum_limit(op: str, bound: BoundNode, inputs: tuple[Array | None, ...]) -> Array:
    """Two float32 sums of n products in any two orders: each is off by at most n half ulps of the sum of magnitudes."""
    node = replace(bound.node, attrs=replace(bound.node.attrs, activation=Activation.NONE))
    sizes = tuple(None if a is None else np.abs(a) for a in inputs)
    (magnitude,) = OPS[op].reference(replace(bound, node=node), *sizes)
    w = bound.input(1).shape
    terms = w[1] if op == "fully_connected" else w[1] * w[2] * (w[3] if op == "conv_2d" else 1)
    return 2 * (terms + 2) * HALF_ULP * magnitude.reshape(bound.output.shape) + 1e-30


def shifted_weights(graph: Graph, rng: np.random.Generator) -> Graph:
    """The same with a zero point, and so one scale, for the weights, as files with uint8 weights have it."""
    x, w, *bias = (graph.tensor(n) for n in graph.nodes[0].inputs if n)
    assert x.quantization is not None and w.quantization is not None
    scale = w.quantization.scale[0]
    shifted = Quantization.per_tensor(scale, int(rng.integers(-128, 128)))
    tensors = {**graph.tensors, w.name: replace(w, type=replace(w.type, quantization=shifted))}
    for b in bias:
        one = Quantization.per_tensor(float(np.float32(x.quantization.scale[0]) * np.float32(scale)), 0)
        tensors[b.name] = replace(b, type=replace(b.type, quantization=one))
    return replace(graph, tensors=tensors)
