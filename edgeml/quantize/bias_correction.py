"""Empirical bias correction: the mean error that rounding put on each output channel is taken back.

Layer by layer, in order: with the layers before already corrected, the mean over samples and positions of
(float pre-activation - int8 pre-activation) per channel is added to the bias (Nagel et al. 2019, section 4.2,
measured on data). The analytic form leaves the layers before alone: by linearity, the mean error of rounded weights is
that on the mean input. Pre-activation means that clamping by a fused activation is included on neither side. A channel
keeps its correction when the squared error of its output falls on samples that were not used for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Tensor, TensorType
from edgeml.ops.common import Activation, activation_f32
from edgeml.quantize.codes import real_tensor
from edgeml.quantize.materialize import bias_kind, bias_quantization, quantize_bias
from edgeml.quantize.recipe import BiasMethod
from edgeml.quantize.repairs import Repair, held_out, helps
from edgeml.quantize.walk import evaluate

METHOD = "bias correction"


def correct_bias(
    graph: Graph, position: int, exact: BoundNode, x: Array, codes: Array, method: BiasMethod = "empirical"
) -> tuple[Graph, Array, Repair]:
    """int8 `graph` with the bias of the weighted node at `position` corrected, the float node's output, and the effect.

    `exact` is the same node of the float graph; `x` float32 and `codes` int8 (N, …) are what the two nodes read.
    """
    wanted = linear(exact, x)
    int8 = graph.bind(graph.nodes[position])
    got = linear_in_reals(int8, codes)
    held = held_out(len(x))
    judges = held if held.any() else np.ones(len(x), bool)
    attrs: Any = exact.node.attrs

    def expected(part: Array) -> Array:
        """The mean error of each channel over a part of the samples."""
        return weight_offset(exact, int8, x[part]) if method == "analytic" else channel_mean(wanted[part] - got[part])

    error = expected(~held)
    output = activation_f32(attrs.activation, wanted)
    reached, target = got[judges], output[judges]
    before = channel_error(activation_f32(attrs.activation, reached), target)
    after = channel_error(activation_f32(attrs.activation, reached + error.astype(np.float32)), target)
    better = helps(before, after)
    changed = int(np.count_nonzero(better))
    would = np.where(better, after, before) if changed else after
    repair = Repair(exact.name, METHOD, float(before.sum()), float(would.sum()), changed, len(better))
    if changed:
        # what was judged on a part is done with all
        graph = _with_bias(graph, position, np.where(better, expected(np.ones(len(x), bool)), 0.0))
    return graph, output, repair


def weight_offset(exact: BoundNode, int8: BoundNode, x: Array) -> Array:
    """What the rounding of the weights takes from each channel for the mean of the inputs x (N, …), float64."""
    mean = x.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return channel_mean(linear(exact, mean) - linear(_in_reals(int8), mean))


def channel_mean(error: Array) -> Array:
    """Mean over samples and positions, float64 (channels,)."""
    return np.asarray(error.reshape(-1, error.shape[-1]).mean(axis=0, dtype=np.float64))


def channel_error(got: Array, wanted: Array) -> Array:
    """Squared error over samples and positions, float64 (channels,)."""
    difference = (got - wanted).reshape(-1, wanted.shape[-1])
    return np.asarray(np.square(difference).sum(axis=0, dtype=np.float64))


def linear(bound: BoundNode, x: Array) -> Array:
    """The result of a float32 node with weights before its fused activation, for x (N, …)."""
    attrs: Any = bound.node.attrs
    plain = replace(bound, node=replace(bound.node, attrs=replace(attrs, activation=Activation.NONE)))
    args = (x, *(t.data if t is not None else None for t in bound.inputs[1:]))
    return evaluate(plain, args)[0]


def linear_in_reals(bound: BoundNode, codes: Array) -> Array:
    """What the int8 weights and bias compute, in reals, without requantisation or activation."""
    x = bound.input(0)
    real = (codes.astype(np.float32) - x.type.zero_point) * np.float32(x.type.scale)
    return linear(_in_reals(bound), real)


def _in_reals(bound: BoundNode) -> BoundNode:
    """The int8 node in float32, with the reals that its constants stand for."""
    tensors = [real_tensor(t) if t is not None else None for t in bound.inputs]
    out = Tensor(bound.output.name, TensorType(bound.output.shape, DType.FLOAT32))
    return replace(bound, inputs=tuple(tensors), outputs=(out,))


def _with_bias(graph: Graph, position: int, error: Array) -> Graph:
    node = graph.nodes[position]
    bound = graph.bind(node)
    q = bias_quantization(bound.input(0).type, bound.input(1).type)
    kind = bias_kind(bound)
    correction = quantize_bias(error, q, kind)
    old = bound.optional(2)
    if old is None or old.data is None:
        name, data = f"{node.outputs[0]}/bias", correction
    else:
        total = old.data.astype(np.int64) + correction
        limits = np.iinfo(kind.numpy)
        name, data = old.name, np.clip(total, limits.min, limits.max).astype(kind.numpy)
    data.flags.writeable = False
    tensor = Tensor(name, TensorType(data.shape, kind, q), data)
    nodes = list(graph.nodes)
    nodes[position] = replace(node, inputs=(*node.inputs[:2], name))
    return graph.with_nodes(tuple(nodes), {name: tensor})
