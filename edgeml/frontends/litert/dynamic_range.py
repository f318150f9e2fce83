"""Dynamic-range models: float activations with int8 weights, which LiteRT quantises on the fly."""

from __future__ import annotations

import numpy as np

from edgeml.ir import DType, Graph, Tensor, TensorType
from edgeml.ops import OPS


def dequantize_weights(graph: Graph) -> Graph:
    """int8 weights of float operators as float32: an ordinary float graph.

    LiteRT itself also quantises such an operator's input, with a new scale for each run; its outputs differ from the
    float graph's by that rounding.
    """
    changed: dict[str, Tensor] = {}
    for bound in graph.bound():
        if OPS[bound.node.op].weight_axis is None or bound.output.dtype is not DType.FLOAT32:
            continue
        weights = bound.optional(1)
        if weights is not None and weights.data is not None and weights.dtype is DType.INT8 and weights.quantization:
            changed[weights.name] = _dequantized(weights)
    return graph.with_tensors(changed) if changed else graph


def _dequantized(tensor: Tensor) -> Tensor:
    assert tensor.data is not None and tensor.quantization is not None
    q = tensor.quantization
    shape = [1] * len(tensor.shape)
    if q.axis is not None:
        shape[q.axis] = -1
    centred = tensor.data.astype(np.float32) - q.zero_points.reshape(shape).astype(np.float32)
    data = np.asarray(centred * q.scales.reshape(shape), np.float32)
    return Tensor(tensor.name, TensorType(tensor.shape, DType.FLOAT32), data)
