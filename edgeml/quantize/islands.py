"""Nodes of several element types in one graph: the type of each value, and the nodes that change it at the shores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgeml.ir import DType, Graph, Node, Quantization, Tensor, TensorType

# quantisation of the real-valued activations by element type; float32 has none
Scales = Mapping[DType, Mapping[str, Quantization]]


class Islands:
    """A value has its own name in the element type of the node that makes it, and second names in other types.

    `kinds` is the element type in which each node computes. Graph inputs have that of all their readers, float32 aside,
    where there is one, int8 where these differ, and float32 where only float32 nodes read them; a state has the type of
    what is written to it.
    """

    def __init__(self, graph: Graph, kinds: Mapping[str, DType], scales: Scales) -> None:
        self._graph, self._kinds, self._scales = graph, kinds, scales
        self._home = {n: kinds[node.name] for node in graph.nodes for n in node.outputs}
        for name in graph.inputs:
            self._home[name] = self._input_kind(name)
        for state in graph.states:
            self._home[state.input] = self._home.get(state.output, DType.INT8)
        # (value, element type) -> its name in that type
        self._other: dict[tuple[str, DType], str] = {}

    def _input_kind(self, name: str) -> DType:
        readers = [self._kinds[node.name] for node in self._graph.consumers(name)]
        codes = set(readers) - {DType.FLOAT32}
        if readers and not codes and name not in self._graph.outputs:
            return DType.FLOAT32
        return DType.INT16 if codes == {DType.INT16} else DType.INT8

    def tensors(self) -> dict[str, Tensor]:
        """Every activation in the element type of its maker."""
        return {n: self._typed(n, self._home[n]) for n in self._graph.tensors if n in self._scales[DType.INT8]}

    def node(self, node: Node, tensors: dict[str, Tensor]) -> list[Node]:
        """The node with inputs of its own element type, behind the nodes that these need."""
        nodes: list[Node] = []
        inputs = []
        wanted = self._kinds[node.name]
        for name in node.inputs:
            if name not in self._scales[DType.INT8] or self._home[name] is wanted:
                inputs.append(name)
                continue
            key = (name, wanted)
            if key not in self._other:
                self._other[key] = other = self._second_name(name, wanted, tensors)
                nodes.append(Node("dequantize" if wanted is DType.FLOAT32 else "quantize", other, (name,), (other,)))
            inputs.append(self._other[key])
        return [*nodes, replace(node, inputs=tuple(inputs))]

    def _second_name(self, name: str, kind: DType, tensors: dict[str, Tensor]) -> str:
        other = f"{name}/{kind.value}"
        while other in tensors or other in self._graph.tensors:
            other += "_"
        tensors[other] = replace(self._typed(name, kind), name=other)
        return other

    def _typed(self, name: str, kind: DType) -> Tensor:
        tensor = self._graph.tensor(name)
        if kind is DType.FLOAT32:
            return Tensor(name, TensorType(tensor.shape, DType.FLOAT32))
        return Tensor(name, TensorType(tensor.shape, kind, self._scales[kind][name]))
