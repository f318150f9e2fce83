"""LiteRT's convolutions refuse to run without a bias: an absent one becomes zeros."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import DType, Graph, Node, Quantization, Tensor, TensorType, verify
from edgeml.ir.graph import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import QUANTIZED

_CONVOLUTIONS = ("conv_2d", "depthwise_conv_2d")


def add_zero_bias(graph: Graph) -> Graph:
    """`graph` with a bias on every convolution; it changes no value."""
    nodes: list[Node] = []
    changed: dict[str, Tensor] = {}
    for bound in graph.bound():
        node = bound.node
        if node.op in _CONVOLUTIONS and bound.optional(2) is None:
            name = f"{node.name}/bias"
            while name in graph.tensors:
                name += "_"
            changed[name] = _zeros(name, bound)
            node = replace(node, inputs=(*node.inputs[:2], name))
        nodes.append(node)
    return verify(graph.with_nodes(tuple(nodes), changed), OPS) if changed else graph


def _zeros(name: str, bound: BoundNode) -> Tensor:
    size = bound.output.shape[-1]
    weights = bound.input(1).quantization
    if bound.output.dtype not in QUANTIZED or weights is None:
        return Tensor(name, TensorType((size,), DType.FLOAT32), np.zeros(size, np.float32))
    scales = np.broadcast_to(np.float32(bound.input(0).type.scale) * weights.scales, (size,))
    kind = DType.INT32 if bound.output.dtype is DType.INT8 else DType.INT64
    type_ = TensorType((size,), kind, Quantization.per_channel(scales, 0))
    return Tensor(name, type_, np.zeros(size, kind.numpy))
