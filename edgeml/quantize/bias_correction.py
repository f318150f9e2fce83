"""Empirical bias correction: the mean error that rounding put on each output channel is taken back.

Layer by layer, in order: with the layers before already corrected, the mean over samples and positions of
(float pre-activation - int8 pre-activation) per channel is added to the bias (Nagel et al. 2019, section 4.2,
measured on data). Pre-activation means that clamping by a fused activation is included on neither side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.interpreter import run, run_samples
from edgeml.ir import Array, BoundNode, DType, Graph, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.quantize.materialize import bias_quantization, quantize_bias


def correct_biases(float_graph: Graph, graph: Graph, x: Array, codes: Array) -> Graph:
    """int8 `graph` with corrected biases; `x` float32 (N, …) and `codes` the same samples in int8."""
    float_inputs = [n.inputs[0] for n in float_graph.nodes if OPS[n.op].weight_axis is not None]
    exact = run_samples(float_graph, {float_graph.inputs[0]: x}, float_inputs)
    exact[float_graph.inputs[0]] = x
    for position, node in enumerate(graph.nodes):
        if OPS[node.op].weight_axis is None:
            continue
        seen = codes if node.inputs[0] == graph.inputs[0] else _run_to(graph, position, codes)
        wanted = _linear(float_graph.bind(float_graph.nodes[position]), exact[node.inputs[0]])
        got = _linear_dequantized(graph.bind(node), seen)
        error = (wanted - got).reshape(-1, wanted.shape[-1]).mean(axis=0, dtype=np.float64)
        graph = _with_bias(graph, position, error)
    return graph


def _run_to(graph: Graph, position: int, codes: Array) -> Array:
    """The input of the node at `position`: run only up to it, later layers will see the corrected ones."""
    name = graph.nodes[position].inputs[0]
    if graph.states:
        return run_samples(graph, {graph.inputs[0]: codes}, [name])[name]  # later layers make the next states
    before = replace(graph, outputs=(name,), nodes=graph.nodes[:position])
    return run(before, {graph.inputs[0]: codes})[name]


def _linear(bound: BoundNode, x: Array) -> Array:
    """The node's float result before its fused activation."""
    attrs: Any = bound.node.attrs
    plain = replace(bound, node=replace(bound.node, attrs=replace(attrs, activation=Activation.NONE)))
    args = (x, *(t.data if t is not None else None for t in bound.inputs[1:]))
    return OPS[bound.node.op].reference(plain, *args)[0]


def _linear_dequantized(bound: BoundNode, codes: Array) -> Array:
    """What the int8 weights and bias compute, in reals, without requantisation or activation."""
    x = bound.input(0)
    real = (codes.astype(np.float32) - x.type.zero_point) * np.float32(x.type.scale)
    tensors = [_as_float(t) if t is not None else None for t in bound.inputs]
    out = Tensor(bound.output.name, TensorType(bound.output.shape, DType.FLOAT32))
    return _linear(replace(bound, inputs=tuple(tensors), outputs=(out,)), real)


def _as_float(tensor: Tensor) -> Tensor:
    data, q = tensor.data, tensor.quantization
    if data is not None and q is not None:
        shape = [1] * data.ndim
        if q.axis is not None:
            shape[q.axis] = -1
        data = data.astype(np.float32) * q.scales.reshape(shape)
    return Tensor(tensor.name, TensorType(tensor.shape, DType.FLOAT32), data)


def _with_bias(graph: Graph, position: int, error: Array) -> Graph:
    node = graph.nodes[position]
    bound = graph.bind(node)
    q = bias_quantization(bound.input(0).type, bound.input(1).type)
    correction = quantize_bias(error, q)
    old = bound.optional(2)
    if old is None or old.data is None:
        name, data = f"{node.outputs[0]}/bias", correction
    else:
        total = old.data.astype(np.int64) + correction
        name, data = old.name, np.clip(total, -(2**31), 2**31 - 1).astype(np.int32)
    data.flags.writeable = False
    tensor = Tensor(name, TensorType(data.shape, DType.INT32, q), data)
    nodes = list(graph.nodes)
    nodes[position] = replace(node, inputs=(*node.inputs[:2], name))
    return graph.with_nodes(tuple(nodes), {name: tensor})
