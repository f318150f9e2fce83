"""Batch-norm folding: a constant mul or add after a convolution goes into its weights and bias.

`(x * w + b) * m + a = x * (w * m) + (b * m + a)`, per output channel; float graphs only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.passes.rewrite import sole_consumer


def fold_batch_norm(graph: Graph) -> Graph:
    """Fold until nothing changes: mul then add make a whole batch norm."""
    while (folded := _fold_one(graph)) is not None:
        graph = folded
    return graph


def _fold_one(graph: Graph) -> Graph | None:
    for bound in graph.bound():
        if OPS[bound.node.op].weight_axis is None or bound.output.dtype is not DType.FLOAT32:
            continue
        user = sole_consumer(graph, bound.output.name)
        if user is None or user.op not in ("mul", "add") or _activation(bound) is not Activation.NONE:
            continue
        factor = _per_channel(graph.bind(user), bound.output.name, bound.output.shape[-1])
        weights = bound.input(1)
        if factor is None or weights.data is None:
            continue
        return _merge(graph, bound, graph.bind(user), factor)
    return None


def _merge(graph: Graph, bound: BoundNode, user: BoundNode, factor: Array) -> Graph:
    weights, old = bound.input(1), bound.optional(2)
    assert weights.data is not None
    channels = bound.output.shape[-1]
    bias = np.zeros(channels, np.float32) if old is None or old.data is None else old.data
    w, axis = weights.data, OPS[bound.node.op].weight_axis
    assert axis is not None
    if user.node.op == "mul":
        shape = [1] * w.ndim
        shape[axis] = channels
        w, bias = w * factor.reshape(shape), bias * factor
    else:
        bias = bias + factor
    new_w = _constant(f"{bound.output.name}/weights_folded", w, graph)
    new_b = _constant(f"{bound.output.name}/bias_folded", bias, graph)
    attrs = replace(bound.node.attrs, activation=_activation(user))  # type: ignore[call-arg]
    node = replace(
        bound.node,
        inputs=(bound.node.inputs[0], new_w.name, new_b.name),
        outputs=user.node.outputs,
        attrs=attrs,
    )
    nodes = tuple(node if n is bound.node else n for n in graph.nodes if n is not user.node)
    return graph.with_nodes(nodes, {new_w.name: new_w, new_b.name: new_b})


def _constant(name: str, data: Array, graph: Graph) -> Tensor:
    while name in graph.tensors:
        name += "_"
    data = np.ascontiguousarray(data, np.float32)
    data.flags.writeable = False
    return Tensor(name, TensorType(data.shape, DType.FLOAT32), data)


def _per_channel(user: BoundNode, produced: str, channels: int) -> Array | None:
    """The constant operand of `user` as (channels,), or None when it is not constant per channel."""
    others = [t for t in user.inputs if t is not None and t.name != produced]
    mine = next(t for t in user.inputs if t is not None and t.name == produced)
    if len(others) != 1 or others[0].data is None or user.output.shape != mine.shape:
        return None
    data = others[0].data
    if data.size == 1:
        return np.full(channels, data.reshape(-1)[0], np.float32)
    return data.reshape(-1) if data.size == channels and data.shape[-1] == channels else None


def _activation(bound: BoundNode) -> Activation:
    return getattr(bound.node.attrs, "activation", Activation.NONE)
