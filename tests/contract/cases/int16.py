"""The same graphs with int16 activations: random int8 graphs whose codes become int16, symmetric, with int64 biases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.ir import Array, DType, Graph, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.base import Operator
from tests.contract.cases.draft import Rng, int16_values

# codes a step finer than those of int8
_FINER = 256.0


def computes_int16(operator: Operator[Any]) -> bool:
    """Whether the operator has arithmetic for int16 codes."""
    return DType.INT16 in operator.dtypes and type(operator).reference_s16 is not Operator.reference_s16


def moves_int16(operator: Operator[Any]) -> bool:
    """Whether the operator only moves elements, of any type."""
    return operator.same_quantization and len(operator.dtypes) == len(DType)


def as_int16(graph: Graph, rng: Rng, largest_bias: float = 9.5) -> Graph:
    """`graph`, of one node, with int16 where int8 activations and constants were; weights stay int8.

    A quantize node keeps int8 on one of its sides, or neither. Biases are below 10**`largest_bias`.
    """
    node = graph.nodes[0]
    weights = node.inputs[1] if OPS[node.op].weight_axis is not None else ""
    keep = {weights}
    if node.op == "quantize":
        kind = rng.random()
        keep.add(node.inputs[0] if kind < 0.3 else node.outputs[0] if kind < 0.6 else "")
    changed: dict[str, Tensor] = {}
    for tensor in graph.tensors.values():
        if tensor.dtype is DType.INT8 and tensor.name not in keep:
            changed[tensor.name] = _wider(tensor, rng, node.op)
    for name in node.outputs:
        fixed = OPS[node.op].fixed(DType.INT16)
        if fixed is not None:
            changed[name] = Tensor(name, TensorType(graph.tensor(name).shape, DType.INT16, fixed))
    bias = graph.tensor(node.inputs[2]) if weights and len(node.inputs) > 2 and node.inputs[2] else None
    if bias is not None:
        q = bias.quantization
        assert q is not None
        type_ = TensorType(bias.shape, DType.INT64, replace(q, scale=tuple(s / _FINER for s in q.scale)))
        reach = int(10 ** rng.uniform(3, largest_bias))
        changed[bias.name] = Tensor(bias.name, type_, _frozen(rng.integers(-reach, reach, bias.shape)))
    return graph.with_tensors(changed)


def _wider(tensor: Tensor, rng: Rng, op: str) -> Tensor:
    q = tensor.quantization
    if q is not None:
        q = Quantization.per_tensor(q.scale[0] / _FINER, 0)
    data = None if tensor.data is None else _frozen(int16_values(tensor.shape, rng))
    return Tensor(tensor.name, TensorType(tensor.shape, DType.INT16, q), data)


def _frozen(data: Array) -> Array:
    data.flags.writeable = False
    return data
