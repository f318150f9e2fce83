"""Learned rounding: the codes of a layer's weights that together reproduce its float output, from what it really reads.

The target is the float layer's result on the float graph's values; the inputs are those of the int8 graph, so that a
layer also makes up for the layers before it (sequential, asymmetric reconstruction; the idea is AdaRound's, Nagel et
al. 2020, the solution one of integer least squares, see rounding_fit). The bias follows in closed form. Weights of
few bits choose their scale as well: a smaller one clips the largest weights and is finer for all others. An output
channel keeps its codes where the squared error of its output falls on samples that were not used for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Array, BoundNode, Graph, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.quantize.gram import Moments, can_fit, grouped, moments, ungrouped
from edgeml.quantize.layer_samples import LayerSamples, channel_mean
from edgeml.quantize.materialize import bias_kind, bias_quantization, bias_step, quantize_bias, smallest_scales
from edgeml.quantize.repairs import Repair, helps
from edgeml.quantize.rounding_fit import damped, error_of, fit_codes

METHOD = "learned rounding"
# scales that are tried for weights of few bits, as parts of the one that reaches the largest weight
_RATIOS = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52)
_FEW = 31
# inputs of one output beyond which the sums take too long
_MOST_INPUTS = 4096


def learn_rounding(graph: Graph, position: int, layer: LayerSamples, limit: int) -> tuple[Graph, Repair | None]:
    """int8 `graph` with weights of the node at `position`, the twin of `layer`, rounded together to codes within
    ±`limit`, and the effect.

    None where the layer has no such form, and where the samples are so few that none is held out.
    """
    int8, exact = graph.bind(graph.nodes[position]), layer.exact
    if not can_fit(int8) or int8.input(1).type.elements // int8.output.shape[-1] > _MOST_INPUTS:
        return graph, None
    fits = ~layer.held
    if fits.all():
        return graph, None
    other = _fitted(int8, exact, moments(int8, layer.seen[fits], layer.wanted[fits]), limit)

    def error(bound: BoundNode) -> Array:
        """Squared error of each channel on the judging samples, with the mean error of the others taken back."""
        got = layer.got(bound)
        return layer.error(got, channel_mean(layer.wanted[fits] - got[fits]))

    before, after = error(int8), error(other)
    better = helps(before, after)
    changed = int(np.count_nonzero(better))
    would = np.where(better, after, before) if changed else after
    repair = Repair(exact.name, METHOD, float(before.sum()), float(would.sum()), changed, len(better))
    return (_with_channels(graph, position, other, better) if changed else graph), repair


def _fitted(int8: BoundNode, exact: BoundNode, sums: Moments, limit: int) -> BoundNode:
    """The node with fitted weights and bias."""
    old, real = int8.input(1), exact.input(1).data
    assert real is not None and old.quantization is not None and old.data is not None
    weights = grouped(exact, real).astype(np.float64)
    groups, outputs, _ = weights.shape
    inputs, cross = damped(sums.inputs, sums.cross, weights)
    # one output more for each scale that is tried: all share the sums
    ratios = np.asarray(_RATIOS if limit <= _FEW else (1.0,))
    first = old.quantization.scales.astype(np.float64).reshape(groups, 1, outputs)
    tried = np.maximum(first * ratios[:, None], _smallest(int8, exact).reshape(first.shape))
    tried = tried.astype(np.float32).astype(np.float64)
    scales, repeated = tried.reshape(groups, -1), np.tile(cross, (1, len(ratios), 1))
    # weights that were pruned stay zero
    found = fit_codes(inputs, repeated, scales, limit, np.tile(weights != 0, (1, len(ratios), 1)))
    errors = error_of(inputs, repeated, found * scales[:, :, None]).reshape(tried.shape)
    best = errors.argmin(axis=1)[:, None, :]
    scale = np.take_along_axis(tried, best, 1)[:, 0]
    chosen = np.take_along_axis(found.reshape(groups, len(ratios), outputs, -1), best[..., None], 1)[:, 0]
    bias = sums.mean_y - np.einsum("gok,gk->go", chosen * scale[:, :, None], sums.mean_x)
    data = ungrouped(int8, chosen).astype(old.data.dtype)
    return _with_constants(int8, data, scale.reshape(-1).astype(np.float32), bias.reshape(-1))


def _smallest(int8: BoundNode, exact: BoundNode) -> Array:
    """The smallest scales, float64 (channels,), that leave the accumulator room for the bias."""
    bias = exact.optional(2)
    if bias is None or bias.data is None:
        return np.zeros(int8.output.shape[-1])
    return smallest_scales(bias.data, bias_step(int8.input(0).type))


def _with_constants(int8: BoundNode, data: Array, scales: Array, bias: Array) -> BoundNode:
    """The node with other codes (its weights' shape), scales (channels,), and a bias in reals (channels,)."""
    old, axis = int8.input(1), OPS[int8.node.op].weight_axis
    assert axis is not None
    weights = replace(old, type=replace(old.type, quantization=Quantization.per_channel(scales, axis)), data=data)
    q = bias_quantization(int8.input(0).type, weights.type)
    before = int8.optional(2)
    name = before.name if before is not None else f"{int8.output.name}/bias"
    tensor = Tensor(name, TensorType(bias.shape, bias_kind(int8), q), quantize_bias(bias, q, bias_kind(int8)))
    for array in (tensor.data, data):
        assert array is not None
        array.flags.writeable = False
    node = replace(int8.node, inputs=(*int8.node.inputs[:2], name))
    return replace(int8, node=node, inputs=(int8.inputs[0], weights, tensor))


def _with_channels(graph: Graph, position: int, other: BoundNode, better: Array) -> Graph:
    """`graph` with the channels of `other` that are `better`, and the old ones elsewhere."""
    old = graph.bind(graph.nodes[position])
    first, second, axis = old.input(1), other.input(1), OPS[old.node.op].weight_axis
    assert first.quantization is not None and second.quantization is not None and axis is not None
    assert first.data is not None and second.data is not None
    shape = [1] * first.data.ndim
    shape[axis] = -1
    data = np.where(better.reshape(shape), second.data, first.data)
    scales = np.where(better, second.quantization.scales, first.quantization.scales)
    biases = [_real_bias(bound, len(better)) for bound in (other, old)]
    mixed = _with_constants(old, data, scales, np.where(better, *biases))
    nodes = list(graph.nodes)
    nodes[position] = mixed.node
    tensors = [t for t in mixed.inputs[1:] if t is not None]
    return graph.with_nodes(tuple(nodes), {t.name: t for t in tensors})


def _real_bias(bound: BoundNode, channels: int) -> Array:
    """The bias in reals, float64 (channels,)."""
    bias = bound.optional(2)
    if bias is None or bias.data is None:
        return np.zeros(channels)
    q = bias_quantization(bound.input(0).type, bound.input(1).type)
    return np.asarray(bias.data.astype(np.float64) * q.scales.astype(np.float64))
