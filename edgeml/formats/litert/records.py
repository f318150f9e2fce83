"""Plain records of a .tflite file: what the reader gives and the writer takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeml.ir import Array, TensorType


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """One tensor; `data` is None for activations."""

    name: str
    type: TensorType
    data: Array | None = None


@dataclass(frozen=True)
class OperatorRecord:
    """One operator call; tensors by index, -1 for an absent optional input.

    `options_type` is the name of the option table ("Conv2DOptions", "" for none), `options` its fields in the
    schema's camelCase with enums as integers.
    """

    builtin: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TfliteModel:
    """A model with one subgraph."""

    name: str
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    metadata: Mapping[str, bytes] = field(default_factory=dict)
