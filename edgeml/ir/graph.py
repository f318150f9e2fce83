"""The graph: frozen, single assignment, nodes in topological order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from edgeml.errors import GraphError
from edgeml.ir.types import Array, Attributes, DType, Numerics, Quantization, Shape, TensorType


@dataclass(frozen=True, eq=False)
class Tensor:
    """A named value. `data` is set for constants (weights, biases) and None for activations."""

    name: str
    type: TensorType
    data: Array | None = None

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def dtype(self) -> DType:
        return self.type.dtype

    @property
    def quantization(self) -> Quantization | None:
        return self.type.quantization

    @property
    def is_constant(self) -> bool:
        return self.data is not None


@dataclass(frozen=True)
class Node:
    """One application of an operator. An absent optional input is the empty string."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attrs: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True)
class State:
    """Memory between runs: tensor `input` is read like a graph input, `output` is its value for the next run.

    Both have one type. `initial` names a constant with the value of the first run; "" stands for real zero
    (of a quantised tensor, its zero point).
    """

    input: str
    output: str
    initial: str = ""


@dataclass(frozen=True, eq=False)
class BoundNode:
    """A node with its tensors looked up: all that an operator may know about its use."""

    node: Node
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    numerics: Numerics = Numerics.LITERT

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def output(self) -> Tensor:
        return self.outputs[0]

    def input(self, index: int) -> Tensor:
        """The input at `index`; GraphError when it is absent."""
        tensor = self.optional(index)
        if tensor is None:
            raise GraphError(
                f"{self.node.op} '{self.name}': input {index} is missing. Give the operator all its inputs."
            )
        return tensor

    def optional(self, index: int) -> Tensor | None:
        return self.inputs[index] if index < len(self.inputs) else None


@dataclass(frozen=True, eq=False)
class Graph:
    """A model. Activations are NHWC with a leading batch dimension of 1.

    `labels` are the class names of the last output, in order; empty when unknown. `states` is what the model
    remembers from one run to the next, such as the frames of a stream. `numerics` says which runtime's int8 arithmetic
    the operators compute. `notes` say for people what a reader changed to make it a graph.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    labels: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    numerics: Numerics = Numerics.LITERT
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def tensor(self, name: str) -> Tensor:
        try:
            return self.tensors[name]
        except KeyError:
            raise GraphError(f"graph '{self.name}': no tensor is named '{name}'.") from None

    def bind(self, node: Node) -> BoundNode:
        return BoundNode(
            node,
            tuple(self.tensor(n) if n else None for n in node.inputs),
            tuple(self.tensor(n) for n in node.outputs),
            self.numerics,
        )

    def bound(self) -> Iterator[BoundNode]:
        """All nodes in execution order, with their tensors."""
        return (self.bind(node) for node in self.nodes)

    @property
    def input_tensors(self) -> tuple[Tensor, ...]:
        return tuple(self.tensor(n) for n in self.inputs)

    @property
    def output_tensors(self) -> tuple[Tensor, ...]:
        return tuple(self.tensor(n) for n in self.outputs)

    @property
    def given(self) -> tuple[str, ...]:
        """Activations that no node computes: the graph's inputs and its states' old values."""
        return (*self.inputs, *(s.input for s in self.states))

    @property
    def kept(self) -> tuple[str, ...]:
        """Tensors that are read after the last node: the graph's outputs and its states' new values."""
        return (*self.outputs, *(s.output for s in self.states))

    @property
    def constants(self) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors.values() if t.is_constant)

    def producer(self, name: str) -> Node | None:
        """The node that computes `name`, or None for inputs and constants."""
        return next((n for n in self.nodes if name in n.outputs), None)

    def consumers(self, name: str) -> tuple[Node, ...]:
        return tuple(n for n in self.nodes if name in n.inputs)

    def with_nodes(self, nodes: tuple[Node, ...], changed: Mapping[str, Tensor] | None = None) -> Graph:
        """The graph with other nodes, `changed` tensors added or replaced, and unused tensors dropped."""
        tensors = {**self.tensors, **(changed or {})}
        used = {*self.given, *self.kept, *(s.initial for s in self.states if s.initial)}
        for node in nodes:
            used.update(n for n in (*node.inputs, *node.outputs) if n)
        return replace(self, nodes=nodes, tensors={k: t for k, t in tensors.items() if k in used})

    def with_tensors(self, changed: Mapping[str, Tensor]) -> Graph:
        return self.with_nodes(self.nodes, changed)
