"""The graph in the making while a .tflite file is read, and one operator call of the file as a rewrite sees it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, SubgraphRecord, TfliteModel
from edgeml.frontends.litert.variables import Variables
from edgeml.ir import Array, Attributes, BoundNode, DType, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS

# what exporters compute shapes, axes and indices in, and how large those get
_SHAPE_TYPES = (DType.INT32, DType.INT64, DType.BOOL)
_SHAPE_ELEMENTS = 65536


class Draft:
    """Tensors by unique name and nodes in order; rewrites append to both."""

    def __init__(self, model: TfliteModel) -> None:
        self._counts: dict[str, int] = {}
        self.names = _unique_names(model, self._counts)
        self.model = model
        self.tensors = {n: Tensor(n, t.type, t.data) for n, t in zip(self.names, model.tensors, strict=True)}
        self.nodes: list[Node] = []
        self.variables = Variables(self.tensors)
        # tensors of a called graph whose size the file leaves open
        self.free: set[str] = set()
        self._results = {self.names[i] for i in model.outputs}

    def node(self, op: str, inputs: Sequence[str], outputs: Sequence[str], attrs: Attributes | None = None) -> None:
        """Append a node; its name is that of its first output. Absent inputs at the end are dropped.

        A node that computes shapes and the like from constants is computed now: others need its value as an operand.
        """
        kept = list(inputs)
        while kept and not kept[-1]:
            kept.pop()
        node = Node(op, outputs[0], tuple(kept), tuple(outputs), attrs or Attributes())
        if self._is_arithmetic_of_shapes(node):
            self._compute(node)
        else:
            self.nodes.append(node)

    def inside(self, graph: SubgraphRecord, values: Sequence[str], constants: dict[tuple[int, int], str]) -> Draft:
        """The draft as a called graph sees it: its inputs are `values`, its constants are added once.

        `constants` remembers these by the graph's identity and the tensor's index.
        """
        view = copy(self)
        view.names, view.free = [], set()
        for i, record in enumerate(graph.tensors):
            key = (id(graph), i)
            if record.data is None:
                if record.element and i not in graph.inputs:
                    raise UnsupportedError(
                        f"tensor '{record.name}' of graph '{graph.name}' has element type {record.element}, which "
                        "edgeml does not read. Convert the model to float32 or int8."
                    )
                view.names.append(self.activation(record.name, record.type))
                if any(d < 0 for d in record.signature):
                    view.free.add(view.names[-1])
            else:
                if key not in constants:
                    constants[key] = self._add(Tensor(self.fresh(record.name), record.type, record.data))
                view.names.append(constants[key])
        for index, name in zip(graph.inputs, values, strict=True):
            view.names[index] = name
        return view

    def define(self, name: str, data: Array) -> None:
        """Make a tensor of the file a constant. ModelFormatError when its shape or type is another."""
        tensor = self.tensors[name]
        if data.shape != tensor.shape or data.dtype != tensor.dtype.numpy:
            raise ModelFormatError(
                f"tensor '{name}': must be {data.dtype} of shape {data.shape} by the operator that computes it. The "
                f"file says {tensor.dtype.value} {tensor.shape}."
            )
        data = np.asarray(data, order="C")
        data.flags.writeable = False
        self.tensors[name] = replace(tensor, data=data)

    def _is_arithmetic_of_shapes(self, node: Node) -> bool:
        tensors = [self.tensors[n] for n in (*node.inputs, *node.outputs) if n]
        constant = node.inputs and all(not n or self.tensors[n].is_constant for n in node.inputs)
        small = all(t.dtype in _SHAPE_TYPES and t.type.elements <= _SHAPE_ELEMENTS for t in tensors)
        return bool(constant and small and not self._results.intersection(node.outputs))

    def _compute(self, node: Node) -> None:
        inputs = tuple(self.tensors[n] if n else None for n in node.inputs)
        bound = BoundNode(node, inputs, tuple(self.tensors[n] for n in node.outputs))
        operator = OPS[node.op]
        operator.check(bound)
        operator.infer(node.attrs, [t.type if t else None for t in inputs])
        values = operator.reference(bound, *(t.data if t else None for t in inputs))
        for name, value in zip(node.outputs, values, strict=True):
            self.define(name, value)

    def alias(self, index: int, name: str) -> None:
        """Tensor `index` of the file is the tensor `name` from here on."""
        self.names[index] = name

    def activation(self, hint: str, type_: TensorType) -> str:
        """A new activation for a value between two nodes of a rewrite."""
        return self._add(Tensor(self.fresh(hint), type_))

    def constant(self, hint: str, data: Array, quantization: Quantization | None = None) -> str:
        """A new constant."""
        data = np.asarray(data, order="C")
        data.flags.writeable = False
        return self._add(Tensor(self.fresh(hint), TensorType(data.shape, DType(data.dtype.name), quantization), data))

    def fresh(self, hint: str) -> str:
        """`hint`, or `hint_1`, `hint_2`, … when it is taken."""
        return _fresh(hint, self.tensors, self._counts)

    def _add(self, tensor: Tensor) -> str:
        self.tensors[tensor.name] = tensor
        return tensor.name


@dataclass(frozen=True, eq=False)
class Call:
    """One operator call of the file: its record, its tensors by name ("" for an absent input) and the draft."""

    index: int
    record: OperatorRecord
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: Mapping[str, object]
    draft: Draft

    @property
    def where(self) -> str:
        """How messages name the call."""
        return f"operator {self.index} ({self.record.builtin})"

    def input(self, position: int) -> Tensor:
        """The tensor of input `position`; ModelFormatError when it is absent."""
        name = self.inputs[position] if position < len(self.inputs) else ""
        if not name:
            raise ModelFormatError(f"{self.where}: operand {position} is missing. The file is damaged.")
        return self.draft.tensors[name]

    def output(self, position: int = 0) -> Tensor:
        """The tensor of output `position`."""
        if position >= len(self.outputs):
            raise ModelFormatError(f"{self.where}: output {position} is missing. The file is damaged.")
        return self.draft.tensors[self.outputs[position]]

    def new_states(self, in_place: Mapping[int, int], inputs: Sequence[str]) -> list[str]:
        """Outputs that the file does not name: what the operator leaves in its variable tensors (output -> input)."""
        found = []
        for operand in in_place.values():
            old = inputs[operand] if operand < len(inputs) else ""
            if not old:
                raise ModelFormatError(f"{self.where}: variable tensor {operand} is missing. The file is damaged.")
            found.append(self.draft.activation(f"{old}/next", self.draft.tensors[old].type))
            self.draft.variables.update(old, found[-1])
        return found

    def constant(self, position: int) -> Array:
        """The data of a constant input; UnsupportedError when it is computed at run time."""
        tensor = self.input(position)
        if tensor.data is not None:
            return tensor.data
        # a constant of zero elements (a scalar's shape) has no buffer
        if tensor.type.elements == 0:
            return np.zeros(tensor.shape, tensor.dtype.numpy)
        raise UnsupportedError(
            f"{self.where}: operand '{tensor.name}' must be constant; edgeml compiles static shapes only. Export with "
            "fixed sizes."
        )


def _unique_names(model: TfliteModel, counts: dict[str, int]) -> list[str]:
    names: dict[str, None] = {}
    for record in model.tensors:
        names[_fresh(record.name, names, counts)] = None
    return list(names)


def _fresh(hint: str, taken: Container[str], counts: dict[str, int]) -> str:
    """`counts` remembers the last number given for a hint: thousands of equal names take linear time."""
    name = hint
    while name in taken:
        counts[hint] = counts.get(hint, 0) + 1
        name = f"{hint}_{counts[hint]}"
    return name
