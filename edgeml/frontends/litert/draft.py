"""The graph in the making while a .tflite file is read, and one operator call of the file as a rewrite sees it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TfliteModel
from edgeml.frontends.litert.variables import Variables
from edgeml.ir import Array, Attributes, DType, Node, Quantization, Tensor, TensorType


class Draft:
    """Tensors by unique name and nodes in order; rewrites append to both."""

    def __init__(self, model: TfliteModel) -> None:
        self._counts: dict[str, int] = {}
        self.names = _unique_names(model, self._counts)
        self.model = model
        self.tensors = {n: Tensor(n, t.type, t.data) for n, t in zip(self.names, model.tensors, strict=True)}
        self.nodes: list[Node] = []
        self.variables = Variables(self.tensors)

    def node(self, op: str, inputs: Sequence[str], outputs: Sequence[str], attrs: Attributes | None = None) -> None:
        """Append a node; its name is that of its first output. Absent inputs at the end are dropped."""
        kept = list(inputs)
        while kept and not kept[-1]:
            kept.pop()
        self.nodes.append(Node(op, outputs[0], tuple(kept), tuple(outputs), attrs or Attributes()))

    def alias(self, index: int, name: str) -> None:
        """Tensor `index` of the file is the tensor `name` from here on."""
        self.names[index] = name

    def activation(self, hint: str, type_: TensorType) -> str:
        """A new activation for a value between two nodes of a rewrite."""
        return self._add(Tensor(self.fresh(hint), type_))

    def constant(self, hint: str, data: Array, quantization: Quantization | None = None) -> str:
        """A new constant."""
        data = np.ascontiguousarray(data)
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
