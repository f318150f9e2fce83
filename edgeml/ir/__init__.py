"""The intermediate representation: types, graph, builder, verifier, printer."""

from edgeml.ir.builder import GraphBuilder
from edgeml.ir.graph import BoundNode, Graph, Node, State, Tensor
from edgeml.ir.printer import format_graph
from edgeml.ir.types import Array, Attributes, DType, Numerics, Quantization, Shape, TensorType
from edgeml.ir.verify import verify

__all__ = [
    "Array",
    "Attributes",
    "BoundNode",
    "DType",
    "Graph",
    "GraphBuilder",
    "Node",
    "Numerics",
    "Quantization",
    "Shape",
    "State",
    "Tensor",
    "TensorType",
    "format_graph",
    "verify",
]
