"""Plain records of a .tflite file: what the reader gives and the writer takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeml.ir import Array, TensorType


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """One tensor; `data` is None for activations.

    `element` is the file's element type when it is not that of `type`: FLOAT16 constants are given as float32, INT4
    and INT2 codes as int8. Types without a counterpart (STRING, RESOURCE, …) have no data and `type` holds int32.
    `signature` is the shape with -1 for sizes that are free, empty when all are fixed. `is_variable` marks a state
    that lives on from one run to the next.
    """

    name: str
    type: TensorType
    data: Array | None = None
    element: str = ""
    signature: tuple[int, ...] = ()
    is_variable: bool = False


@dataclass(frozen=True)
class OperatorRecord:
    """One operator call; tensors by index, -1 for an absent optional input.

    `builtin` is "CUSTOM:<code>" for custom operators, whose options are not read. `options_type` is the name of the
    option table ("Conv2DOptions", "" for none), `options` its fields in the schema's camelCase with enums as
    integers. `intermediates` are tensors that only carry the quantisation of inner values (LSTM).
    """

    builtin: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SubgraphRecord:
    """One graph of the file; operators name tensors of the same graph."""

    name: str
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class TfliteModel(SubgraphRecord):
    """A model: its main graph, and in `others` the graphs that its operators call (1 is the first of them)."""

    metadata: Mapping[str, bytes] = field(default_factory=dict)
    others: tuple[SubgraphRecord, ...] = ()

    def subgraph(self, index: int) -> SubgraphRecord | None:
        """Graph `index` as the file numbers them; None when there is no such graph."""
        if index == 0:
            return self
        return self.others[index - 1] if 0 < index <= len(self.others) else None
