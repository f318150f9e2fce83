"""Pruning of a bare graph: no training data, no framework, no fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from edgeml.errors import UnsupportedError, UsageError
from edgeml.ir import Array, DType, Graph
from edgeml.prune.magnitude import Scope, check_sparsity, magnitude_masks

# operator -> index of its weights among its inputs
_WEIGHTS: Mapping[str, int] = MappingProxyType({"conv_2d": 1, "fully_connected": 1})
_DEPTHWISE: Mapping[str, int] = MappingProxyType({"depthwise_conv_2d": 1})


def prunable_weights(graph: Graph, *, depthwise: bool = False) -> dict[str, Array]:
    """Constant weights of convolutions and fully connected layers by tensor name, in order of execution.

    Depthwise weights, few and each the whole of its channel, only when `depthwise` is set. Never a bias.
    """
    table = {**_WEIGHTS, **(_DEPTHWISE if depthwise else {})}
    weights: dict[str, Array] = {}
    for bound in graph.bound():
        tensor = bound.optional(table[bound.node.op]) if bound.node.op in table else None
        if tensor is not None and tensor.data is not None:
            weights[tensor.name] = tensor.data
    return weights


def prune_graph(graph: Graph, sparsity: float, scope: Scope = "layer", *, depthwise: bool = False) -> Graph:
    """`graph` with the weights nearest to zero set to zero; everything else as it was.

    Meant for float32 graphs; of an int8 graph its real values count (scale times q), so that channels of different
    scales compete fairly. Raises UsageError (sparsity, scope, nothing to prune) or UnsupportedError.
    """
    check_sparsity(sparsity, scope)
    weights = prunable_weights(graph, depthwise=depthwise)
    if not weights:
        raise UsageError(
            f"graph '{graph.name}': no convolution or fully connected layer has constant weights, so there is nothing "
            "to prune."
        )
    masks = magnitude_masks({n: _real(graph, n, w) for n, w in weights.items()}, sparsity, scope)
    changed = {}
    for name, data in weights.items():
        pruned = np.where(masks[name] > 0, data, np.zeros((), data.dtype))
        pruned.flags.writeable = False
        changed[name] = replace(graph.tensor(name), data=pruned)
    return graph.with_tensors(changed)


def _real(graph: Graph, name: str, data: Array) -> Array:
    tensor = graph.tensor(name)
    if tensor.dtype is DType.FLOAT32:
        return data
    quantization = tensor.quantization
    if tensor.dtype is not DType.INT8 or quantization is None or any(quantization.zero_point):
        raise UnsupportedError(
            f"weights '{name}': pruning handles float32 and symmetric int8. Got {tensor.dtype.value}. Prune the float "
            "model and quantise it afterwards."
        )
    if quantization.axis is None:
        return data * quantization.scales[0]
    shape = [1] * data.ndim
    shape[quantization.axis] = -1
    return data * quantization.scales.reshape(shape)
