"""Own scale for pooled outputs: a global average_pool_2d becomes a mean.

An average is much smaller than the largest value under it, but average_pool_2d gives its output the scale of its
input, so most of the 256 codes are never used. The operator `mean` computes the same and has a scale of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.mean import MeanAttrs
from edgeml.quantize.calibrate import Samples
from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.quantize.observers import Histogram
from edgeml.quantize.ranges import choose_quantization
from edgeml.quantize.recipe import Recipe
from edgeml.quantize.repairs import Repair, helps, judging, kept_layers
from edgeml.quantize.walk import evaluate, walk

METHOD = "pool scale"


def own_pool_scales(
    graph: Graph, observed: Mapping[str, Histogram], recipe: Recipe, samples: Samples
) -> tuple[Graph, tuple[Repair, ...]]:
    """Float `graph` with a mean for every global average pool whose int8 output comes closer to the float one by it.

    `observed` are the calibrated activations, `samples` (N, …) the calibration data; the judging part of it is used.
    """
    pools = [b.name for b in graph.bound() if is_global_average(b)]
    if not pools:
        return graph, ()
    repaired = _with_means(graph, pools)
    shared, own = (choose_quantization(g, observed, recipe) for g in (graph, repaired))
    means = {node.name: repaired.bind(node) for node in repaired.nodes}
    repairs = []
    inputs = judging(samples)
    steps = walk(graph, inputs)
    for position, bound in enumerate(graph.bound()):
        x = steps.arguments(graph, position)[0] if bound.name in pools else None
        exact = steps.step(graph, position)[0]
        if x is None:
            continue
        before, after = _error(bound, shared, x, exact), _error(means[bound.name], own, x, exact)
        channels = bound.output.shape[-1]
        repairs.append(Repair(bound.name, METHOD, before, after, channels * helps(before, after), channels))
    return _with_means(graph, kept_layers(repairs, METHOD)), tuple(repairs)


def is_global_average(bound: BoundNode) -> bool:
    """Whether the node averages whole images, with nothing after it."""
    if bound.node.op != "average_pool_2d":
        return False
    attrs: Any = bound.node.attrs
    whole = attrs.kernel == bound.input(0).shape[1:3] and bound.output.shape[1:3] == (1, 1)
    return whole and not any(attrs.padding) and attrs.activation is Activation.NONE


def _with_means(graph: Graph, names: Collection[str]) -> Graph:
    attrs = MeanAttrs((1, 2), keep_dims=True)
    nodes = tuple(replace(n, op="mean", attrs=attrs) if n.name in names else n for n in graph.nodes)
    return graph.with_nodes(nodes)


def _error(bound: BoundNode, chosen: Mapping[str, Quantization], x: Array, exact: Array) -> float:
    """Squared error of the int8 node on the reals `x`."""

    def int8(tensor: Tensor) -> Tensor:
        return Tensor(tensor.name, TensorType(tensor.shape, DType.INT8, chosen[tensor.name]))

    rounded = replace(bound, inputs=(int8(bound.input(0)),), outputs=(int8(bound.output),))
    OPS[bound.node.op].check(rounded)
    codes = evaluate(rounded, (quantize_input(x, rounded.input(0).type),))[0]
    return float(np.square(dequantize_output(codes, rounded.output.type) - exact, dtype=np.float64).sum())
