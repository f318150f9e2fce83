"""Empirical bias correction: the mean error that rounding put on each output channel is taken back.

Layer by layer, in order: with the layers before already corrected, the mean over samples and positions of
(float pre-activation - int8 pre-activation) per channel is added to the bias (Nagel et al. 2019, section 4.2,
measured on data). Pre-activation means that clamping by a fused activation is included on neither side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Tensor, TensorType
from edgeml.ops.common import Activation, activation_f32
from edgeml.quantize.materialize import bias_quantization, quantize_bias
from edgeml.quantize.walk import evaluate


def correct_bias(graph: Graph, position: int, exact: BoundNode, x: Array, codes: Array) -> tuple[Graph, Array]:
    """int8 `graph` with the bias of the weighted node at `position` corrected, and the float node's output.

    `exact` is the same node of the float graph; `x` float32 and `codes` int8 (N, …) are what the two nodes read.
    """
    wanted = _linear(exact, x)
    got = _linear_dequantized(graph.bind(graph.nodes[position]), codes)
    error = (wanted - got).reshape(-1, wanted.shape[-1]).mean(axis=0, dtype=np.float64)
    attrs: Any = exact.node.attrs
    return _with_bias(graph, position, error), activation_f32(attrs.activation, wanted)


def _linear(bound: BoundNode, x: Array) -> Array:
    """The node's float result before its fused activation."""
    attrs: Any = bound.node.attrs
    plain = replace(bound, node=replace(bound.node, attrs=replace(attrs, activation=Activation.NONE)))
    args = (x, *(t.data if t is not None else None for t in bound.inputs[1:]))
    return evaluate(plain, args)[0]


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
