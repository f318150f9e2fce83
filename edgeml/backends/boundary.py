"""Element type at a model's boundary: float32 inputs and outputs around a quantised graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from edgeml.errors import UsageError
from edgeml.ir import DType, Graph, Node, Tensor, TensorType, verify
from edgeml.ops import OPS

IO = Literal["int8", "float32"]


def with_io(graph: Graph, io: IO) -> Graph:
    """`graph` with float32 boundary tensors when `io` is "float32"; float graphs stay as they are.

    The boundary keeps the model's own names; the tensors inside get their element type as a suffix.
    """
    if io not in ("int8", "float32"):
        raise UsageError(f"io must be int8 or float32. Got '{io}'.")
    if io == "int8":
        return graph
    for name in graph.inputs:
        if graph.tensor(name).type.has_codes:
            graph = _float_input(graph, name)
    for name in graph.outputs:
        if graph.tensor(name).type.has_codes:
            graph = _float_output(graph, name)
    return verify(graph, OPS)


def _float_input(graph: Graph, name: str) -> Graph:
    graph, inner, nodes, tensors = _inner(graph, name)
    node = Node("quantize", inner, (name,), (inner,))
    return graph.with_nodes((node, *nodes), tensors)


def _float_output(graph: Graph, name: str) -> Graph:
    graph, inner, nodes, tensors = _inner(graph, name)
    node = Node("dequantize", name, (inner,), (name,))
    return graph.with_nodes((*nodes, node), tensors)


def _inner(graph: Graph, name: str) -> tuple[Graph, str, tuple[Node, ...], dict[str, Tensor]]:
    """Rename the quantised tensor inside and make `name` float32."""
    tensor, inner = graph.tensor(name), f"{name}_{graph.tensor(name).dtype.value}"
    while inner in graph.tensors:
        inner += "_"

    def swap(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(inner if n == name else n for n in names)

    nodes = tuple(replace(n, inputs=swap(n.inputs), outputs=swap(n.outputs)) for n in graph.nodes)
    states = tuple(replace(s, output=inner) if s.output == name else s for s in graph.states)
    outer = Tensor(name, TensorType(tensor.shape, DType.FLOAT32))
    return replace(graph, states=states), inner, nodes, {inner: replace(tensor, name=inner), name: outer}
