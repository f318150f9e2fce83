"""Builds graphs node by node; used by frontends and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir.graph import Graph, Node, State, Tensor
from edgeml.ir.types import Array, Attributes, DType, Quantization, Shape, TensorType


class Infers(Protocol):
    """What the builder needs of an operator: its rule for output types."""

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        """Shapes and element types of the outputs, without quantisation."""
        ...


class GraphBuilder:
    """Collects tensors and nodes; `build()` gives the frozen graph.

    `operators` maps operator names to their rules (usually `edgeml.ops.OPS`).
    """

    def __init__(self, name: str, operators: Mapping[str, Infers]) -> None:
        self.name = name
        self._operators = operators
        self._tensors: dict[str, Tensor] = {}
        self._nodes: list[Node] = []
        self._inputs: list[str] = []
        self._states: list[State] = []

    def input(
        self, name: str, shape: Shape, dtype: DType = DType.FLOAT32, quantization: Quantization | None = None
    ) -> str:
        self._inputs.append(name)
        return self._put(Tensor(name, TensorType(tuple(shape), dtype, quantization)))

    def state(
        self, name: str, shape: Shape, dtype: DType = DType.FLOAT32, quantization: Quantization | None = None
    ) -> str:
        """The old value of a state; `next_state` says what follows it."""
        return self._put(Tensor(name, TensorType(tuple(shape), dtype, quantization)))

    def next_state(self, name: str, value: str, initial: str = "") -> None:
        """`value` is what the state `name` holds in the next run; `initial` names a constant, "" is real zero."""
        self._states.append(State(name, value, initial))

    def constant(self, name: str, data: Array, quantization: Quantization | None = None) -> str:
        data = np.asarray(data, order="C")
        data.flags.writeable = False
        return self._put(Tensor(name, TensorType(data.shape, DType(data.dtype.name), quantization), data))

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        attrs: Attributes | None = None,
        *,
        name: str = "",
        output: str = "",
        dtype: DType | None = None,
        quantization: Quantization | None = None,
    ) -> str:
        """Append a node with one output and return the output's name; shape and type are inferred."""
        name = name or f"{op}_{len(self._nodes)}"
        return self.add_many(
            op, inputs, attrs, name=name, outputs=(output or name,), dtype=dtype, quantization=quantization
        )[0]

    def add_many(
        self,
        op: str,
        inputs: Sequence[str],
        attrs: Attributes | None = None,
        *,
        name: str,
        outputs: Sequence[str],
        dtype: DType | None = None,
        quantization: Quantization | Sequence[Quantization | None] | None = None,
    ) -> tuple[str, ...]:
        """The same for a node with several outputs; `dtype` holds for each, `quantization` too unless it is a list."""
        attrs = attrs if attrs is not None else Attributes()
        types = [self._tensors[i].type if i else None for i in inputs]
        inferred = self._operators[op].infer(attrs, types)
        each = quantization if isinstance(quantization, Sequence) else [quantization] * len(outputs)
        for output, type_, q in zip(outputs, inferred, each, strict=True):
            self._put(Tensor(output, TensorType(type_.shape, dtype or type_.dtype, q)))
        self._nodes.append(Node(op, name, tuple(inputs), tuple(outputs), attrs))
        return tuple(outputs)

    def build(self, outputs: Sequence[str], labels: Sequence[str] = ()) -> Graph:
        return Graph(
            self.name,
            tuple(self._inputs),
            tuple(outputs),
            self._tensors,
            tuple(self._nodes),
            tuple(labels),
            tuple(self._states),
        )

    def _put(self, tensor: Tensor) -> str:
        if tensor.name in self._tensors:
            raise GraphError(f"graph '{self.name}': tensor '{tensor.name}' is defined twice. Use unique names.")
        self._tensors[tensor.name] = tensor
        return tensor.name
