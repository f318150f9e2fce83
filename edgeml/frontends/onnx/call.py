"""One operator call of an ONNX file as an importer sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.onnx import AttributeValue, GraphRecord, NodeRecord, Reference
from edgeml.frontends.onnx.draft import Codes, Draft, Value
from edgeml.ir import Array, DType, Shape

_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


@dataclass
class Scope:
    """Names of one graph or function body; a body of control flow also sees its parent's."""

    opsets: Mapping[str, int]
    values: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None


class Call:
    """A node with its inputs looked up; importers read it, emit operators and bind its outputs."""

    def __init__(self, node: NodeRecord, scope: Scope, draft: Draft) -> None:
        self.node = node
        self.scope = scope
        self.draft = draft
        self.opset = scope.opsets.get(node.domain, 1)
        self.inputs = tuple(self._find(name) if name else None for name in node.inputs)
        self.hint = next((o for o in node.outputs if o), node.label)
        self.results: dict[int, Value] = {}

    @property
    def where(self) -> str:
        """How messages name the call."""
        return f"{self.node.op_type} '{self.node.label}'"

    # Attributes

    def attribute(self, name: str) -> AttributeValue | None:
        value = self.node.attributes.get(name)
        if isinstance(value, Reference):
            return self.scope.attributes.get(value.name)
        return value

    def integer(self, name: str, default: int = 0) -> int:
        value = self.attribute(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.damaged(f"attribute {name} must be an integer")
        return value

    def number(self, name: str, default: float = 0.0) -> float:
        value = self.attribute(name)
        if value is None:
            return default
        if not isinstance(value, int | float):
            raise self.damaged(f"attribute {name} must be a number")
        if _LARGEST_FLOAT32 < abs(value) < float("inf"):
            raise self.damaged(f"attribute {name} must be a float32")
        return float(value)

    def text(self, name: str, default: str = "") -> str:
        value = self.attribute(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.damaged(f"attribute {name} must be text")
        return value

    def integers(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...] | None:
        value = self.attribute(name)
        if value is None:
            return None if default is None else tuple(default)
        if not isinstance(value, tuple) or not all(isinstance(v, int) for v in value):
            raise self.damaged(f"attribute {name} must be a list of integers")
        return tuple(int(v) for v in value)  # type: ignore[arg-type]

    def graph(self, name: str) -> GraphRecord:
        value = self.attribute(name)
        if not isinstance(value, GraphRecord):
            raise self.damaged(f"attribute {name} must be a graph")
        return value

    # Inputs

    def has(self, index: int) -> bool:
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index: int) -> Value:
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise self.damaged(f"input {index} is missing")
        return value

    def x(self, index: int = 0) -> str:
        """Input `index` as a tensor of the draft; constants become tensors when first used."""
        value = self.value(index)
        if value.data is not None:
            return self.draft.constant(self.node.inputs[index], value.data, value.codes)
        return value.tensor

    def is_constant(self, index: int) -> bool:
        return self.has(index) and self.value(index).data is not None

    def shape(self, index: int = 0) -> Shape:
        value = self.value(index)
        return value.data.shape if value.data is not None else self.draft.tensors[value.tensor].shape

    def dtype(self, index: int = 0) -> str:
        """NumPy's name of the element type; 16-bit and 64-bit floats at run time are float32."""
        value = self.value(index)
        return value.data.dtype.name if value.data is not None else self.draft.tensors[value.tensor].dtype.value

    def constant(self, index: int, what: str = "") -> Array:
        """The array of a constant input. Raises UnsupportedError when it is computed at run time."""
        data = self.value(index).data
        if data is None:
            raise UnsupportedError(
                f"{self.where}: {what or 'input'} '{self.node.inputs[index]}' must be constant; edgeml compiles fixed "
                "shapes and weights. Bind a graph input with --bind, or export with fixed sizes."
            )
        return data

    def constant_ints(self, index: int, what: str = "") -> tuple[int, ...]:
        """A constant input of integers, flat."""
        data = self.constant(index, what)
        if data.dtype.kind not in "iu":
            raise self.damaged(f"input {index} must be integers")
        return tuple(int(v) for v in data.reshape(-1))

    def axes(self, index: int, attribute: str = "axes") -> tuple[int, ...] | None:
        """Axes as a constant input (newer opsets) or an attribute (older ones); None when neither is given."""
        if self.has(index):
            return self.constant_ints(index, attribute)
        return self.integers(attribute)

    def axis(self, axis: int, rank: int) -> int:
        """A checked axis that is not negative."""
        if not -rank <= axis < rank:
            raise self.damaged(f"axis {axis} is outside rank {rank}")
        return axis % rank

    def codes(self, index: int) -> Codes | None:
        return self.value(index).codes if self.has(index) else None

    # Operators

    def emit(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append an IR operator with one output that is used; returns that output."""
        return self.draft.emit(op, inputs, f"{self.hint}/{op}", **attributes)[0]

    def new_constant(self, hint: str, data: Array, codes: Codes | None = None) -> str:
        return self.draft.constant(f"{self.hint}/{hint}", data, codes)

    def type_of(self, tensor: str) -> tuple[Shape, DType]:
        found = self.draft.tensors[tensor]
        return found.shape, found.dtype

    def reshape(self, tensor: str, shape: Sequence[int]) -> str:
        shape = tuple(int(d) for d in shape)
        if self.draft.tensors[tensor].shape == shape:
            return tensor
        return self.emit("reshape", [tensor], shape=shape)

    def transpose(self, tensor: str, perm: Sequence[int]) -> str:
        perm = tuple(int(p) for p in perm)
        return tensor if perm == tuple(range(len(perm))) else self.emit("transpose", [tensor], perm=perm)

    # Results

    def result(self, tensor: str, index: int = 0) -> None:
        """Bind output `index` to a tensor."""
        self.results[index] = Value(tensor)

    def result_constant(self, data: Array, index: int = 0, codes: Codes | None = None) -> None:
        """Bind output `index` to a constant."""
        self.results[index] = Value("", np.asarray(data), codes)

    # Errors

    def damaged(self, what: str) -> ModelFormatError:
        return ModelFormatError(f"{self.where}: {what}. The model is inconsistent; export it again.")

    def unsupported(self, what: str, remedy: str = "Export without it.") -> UnsupportedError:
        return UnsupportedError(f"{self.where}: {what} {remedy}")

    def _find(self, name: str) -> Value:
        value = self.scope.find(name)
        if value is None:
            raise ModelFormatError(
                f"{self.node.op_type} '{self.node.label}': input '{name}' is not computed before it is used. The file "
                "is damaged."
            )
        return value
