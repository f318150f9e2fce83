"""Dynamic-range models: float activations with int8 weights, which LiteRT quantises on the fly."""

from __future__ import annotations

from edgeml.frontends.litert.dialects import dequantized
from edgeml.ir import DType, Graph, Tensor, TensorType
from edgeml.ops import OPS


def dequantize_weights(graph: Graph) -> Graph:
    """int8 weights of float operators as float32: an ordinary float graph.

    LiteRT itself also quantises such an operator's input, with a new scale for each run; its outputs differ from the
    float graph's by that rounding.
    """
    changed: dict[str, Tensor] = {}
    for bound in graph.bound():
        operator = OPS[bound.node.op]
        weighted = operator.weight_axis is not None or operator.in_place
        if not weighted or bound.output.dtype is not DType.FLOAT32:
            continue
        for weights in (bound.optional(i) for i in operator.hybrid_inputs):
            if (
                weights is not None
                and weights.data is not None
                and weights.dtype is DType.INT8
                and _has_scales(weights)
            ):
                changed[weights.name] = _dequantized(weights)
    return graph.with_tensors(changed) if changed else graph


def _has_scales(tensor: Tensor) -> bool:
    """Whether the quantisation fits the shape; other weights are refused when the graph is verified."""
    q = tensor.quantization
    if q is None:
        return False
    return q.axis is None or (0 <= q.axis < len(tensor.shape) and len(q.scale) == tensor.shape[q.axis])


def _dequantized(tensor: Tensor) -> Tensor:
    assert tensor.data is not None and tensor.quantization is not None
    data = dequantized(tensor.data, tensor.quantization)
    return Tensor(tensor.name, TensorType(tensor.shape, DType.FLOAT32), data)
