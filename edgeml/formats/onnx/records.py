"""Plain records of an ONNX file, apart from its encoding; names and opsets as the file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, Union

from edgeml.ir import Array

# the default operator set, which files name "" or "ai.onnx"
ONNX_DOMAIN = ""


@dataclass(frozen=True)
class Reference:
    """An attribute inside a function body that takes the value of the function's attribute `name`."""

    name: str


# Strings are text; tensors are arrays of NumPy types (16-bit floats of the file's "bfloat16" are float32).
AttributeValue: TypeAlias = Union[
    int,
    float,
    str,
    Array,
    "GraphRecord",
    Reference,
    tuple[int, ...],
    tuple[float, ...],
    tuple[str, ...],
    tuple[Array, ...],
    tuple["GraphRecord", ...],
]


@dataclass(frozen=True)
class ValueRecord:
    """A graph input or output: element type as NumPy names it ("" when unknown or not a tensor), and shape.

    A dimension is an int, a symbol, or "" when the file says nothing; `shape` is None when the rank is unknown.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...] | None
    kind: str = "tensor"


@dataclass(frozen=True, eq=False)
class NodeRecord:
    """One operator call. An absent optional input or output is the empty string."""

    op_type: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages name the node: its own name, or its first output's."""
        return self.name or next((o for o in self.outputs if o), "?")


@dataclass(frozen=True, eq=False)
class GraphRecord:
    """The main graph or the body of a control-flow operator."""

    name: str
    nodes: tuple[NodeRecord, ...]
    initializers: Mapping[str, Array]
    inputs: tuple[ValueRecord, ...]
    outputs: tuple[ValueRecord, ...]


@dataclass(frozen=True, eq=False)
class FunctionRecord:
    """A model-local function; `attributes` must be given by the caller, `defaults` may be."""

    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[str, ...]
    defaults: Mapping[str, AttributeValue]
    nodes: tuple[NodeRecord, ...]
    opsets: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class OnnxModel:
    """A whole file. `functions` is keyed by (domain, name)."""

    graph: GraphRecord
    opsets: Mapping[str, int]
    functions: Mapping[tuple[str, str], FunctionRecord]
    metadata: Mapping[str, str]
