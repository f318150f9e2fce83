"""Empirical bias correction: the mean error that rounding put on each output channel is taken back.

Layer by layer, in order: with the layers before already corrected, the mean over samples and positions of
(float pre-activation - int8 pre-activation) per channel is added to the bias (Nagel et al. 2019, section 4.2,
measured on data). The analytic form leaves the layers before alone: by linearity, the mean error of rounded weights is
that on the mean input. Pre-activation means that clamping by a fused activation is included on neither side. A channel
keeps its correction when the squared error of its output falls on samples that were not used for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Array, BoundNode, Graph, Tensor, TensorType
from edgeml.quantize.layer_samples import LayerSamples, channel_mean, in_reals, linear
from edgeml.quantize.materialize import bias_kind, bias_quantization, quantize_bias
from edgeml.quantize.recipe import BiasMethod
from edgeml.quantize.repairs import Repair, helps

METHOD = "bias correction"


def correct_bias(
    graph: Graph, position: int, layer: LayerSamples, method: BiasMethod = "empirical"
) -> tuple[Graph, Repair]:
    """int8 `graph` with the bias of the weighted node at `position`, the twin of `layer`, corrected, and the effect."""
    int8 = graph.bind(graph.nodes[position])
    got, held = layer.got(int8), layer.held

    def expected(part: Array) -> Array:
        """The mean error of each channel over a part of the samples."""
        if method == "analytic":
            return weight_offset(layer.exact, int8, layer.x[part])
        return channel_mean(layer.wanted[part] - got[part])

    error = expected(~held)
    before, after = layer.error(got, np.zeros_like(error)), layer.error(got, error)
    better = helps(before, after)
    changed = int(np.count_nonzero(better))
    would = np.where(better, after, before) if changed else after
    repair = Repair(layer.exact.name, METHOD, float(before.sum()), float(would.sum()), changed, len(better))
    if changed:
        # what was judged on a part is done with all
        graph = _with_bias(graph, position, np.where(better, expected(np.ones(len(held), bool)), 0.0))
    return graph, repair


def weight_offset(exact: BoundNode, int8: BoundNode, x: Array) -> Array:
    """What the rounding of the weights takes from each channel for the mean of the inputs x (N, …), float64."""
    mean = x.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return channel_mean(linear(exact, mean) - linear(in_reals(int8), mean))


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
