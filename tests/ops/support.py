"""Graphs of one operator for the operators' unit tests."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.ir import Array, Attributes, DType, GraphBuilder, Quantization, TensorType, verify
from edgeml.ir.graph import BoundNode
from edgeml.ops import OPS

Q = Quantization.per_tensor(0.5, 3)


def infer(op: str, attrs: Attributes, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the output by the operator's rule."""
    return OPS[op].infer(attrs, [TensorType(s, DType.FLOAT32) for s in shapes])[0].shape


def bind(
    op: str,
    inputs: Sequence[Array | TensorType],
    attrs: Attributes | None = None,
    output: Quantization | None = None,
) -> BoundNode:
    """A verified node: types become graph inputs, arrays constants (int8 ones with quantisation Q)."""
    builder = GraphBuilder("test", OPS)
    names = []
    for i, item in enumerate(inputs):
        if isinstance(item, TensorType):
            names.append(builder.input(f"x{i}", item.shape, item.dtype, item.quantization))
        else:
            names.append(builder.constant(f"c{i}", item, Q if item.dtype.name == "int8" else None))
    out = builder.add(op, names, attrs, name="y", quantization=output)
    graph = verify(builder.build([out]), OPS)
    return graph.bind(graph.nodes[0])


def f32(*shape: int) -> TensorType:
    return TensorType(shape, DType.FLOAT32)


def s8(*shape: int, q: Quantization = Q) -> TensorType:
    return TensorType(shape, DType.INT8, q)


def compute(bound: BoundNode, *values: Array) -> Array:
    """The reference on `values` for the graph's inputs; constants are filled in."""
    rest = iter(values)
    args = tuple(None if t is None else t.data if t.is_constant else next(rest) for t in bound.inputs)
    return OPS[bound.node.op].reference(bound, *args)[0]
