"""Float32 nodes in an int8 graph: which values are float32, and the dequantize and quantize nodes at the shores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from edgeml.ir import DType, Graph, Node, Quantization, Tensor, TensorType


class Islands:
    """A value has its own name in the element type of the node that makes it, and a second name in the other type.

    Graph inputs are int8 unless only float32 nodes read them; a state has the type of what is written to it.
    """

    def __init__(self, graph: Graph, kept: Collection[str], chosen: Mapping[str, Quantization]) -> None:
        self._graph, self._chosen = graph, chosen
        self._made_float = {n for node in graph.nodes if node.name in kept for n in node.outputs}
        for name in graph.inputs:
            readers = graph.consumers(name)
            if readers and all(r.name in kept for r in readers) and name not in graph.outputs:
                self._made_float.add(name)
        self._made_float |= {s.input for s in graph.states if s.output in self._made_float}
        # value -> its name in the other element type
        self._other: dict[str, str] = {}

    def tensors(self) -> dict[str, Tensor]:
        """Every activation in the element type of its maker."""
        return {
            n: t if n in self._made_float else Tensor(n, TensorType(t.shape, DType.INT8, self._chosen[n]))
            for n, t in self._graph.tensors.items()
            if n in self._chosen
        }

    def float_node(self, node: Node, tensors: dict[str, Tensor]) -> list[Node]:
        """The node with float32 inputs, behind the dequantize nodes that these need."""
        return self._with_inputs(node, tensors, wants_float=True)

    def int8_node(self, node: Node, tensors: dict[str, Tensor]) -> list[Node]:
        """The node with int8 inputs, behind the quantize nodes that these need."""
        return self._with_inputs(node, tensors, wants_float=False)

    def _with_inputs(self, node: Node, tensors: dict[str, Tensor], *, wants_float: bool) -> list[Node]:
        nodes: list[Node] = []
        inputs = []
        for name in node.inputs:
            if name not in self._chosen or (name in self._made_float) is wants_float:
                inputs.append(name)
                continue
            if name not in self._other:
                self._other[name] = other = self._second_name(name, wants_float, tensors)
                nodes.append(Node("dequantize" if wants_float else "quantize", other, (name,), (other,)))
            inputs.append(self._other[name])
        return [*nodes, replace(node, inputs=tuple(inputs))]

    def _second_name(self, name: str, wants_float: bool, tensors: dict[str, Tensor]) -> str:
        shape = self._graph.tensor(name).shape
        other = f"{name}/{'float32' if wants_float else 'int8'}"
        while other in tensors or other in self._graph.tensors:
            other += "_"
        type_ = TensorType(shape, DType.FLOAT32) if wants_float else TensorType(shape, DType.INT8, self._chosen[name])
        tensors[other] = Tensor(other, type_)
        return other
