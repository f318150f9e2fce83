"""Option tables of builtin operators: the schema's generated classes over checked accesses."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import numpy as np

from edgeml.formats.flatbuffer import Table
from edgeml.formats.litert import schema
from edgeml.ir import Array


def read_options(table: Table, name: str) -> dict[str, Any]:
    """Fields of the option table `name` ("Conv2DOptions") in the schema's camelCase; vectors are tuples.

    Only BuiltinOptions: its tables hold scalars, strings and vectors of these, no further tables.
    """
    lib = schema.bindings()
    view = getattr(lib, name)()
    view._tab = _Checked(table)
    options = getattr(lib, f"{name}T").InitFromObj(view)
    return {key: _plain(value) for key, value in vars(options).items()}


@lru_cache(maxsize=256)
def default_options(name: str) -> dict[str, Any]:
    """Fields of an option table that the file leaves out."""
    return dict(vars(getattr(schema.bindings(), f"{name}T")()))


class _Checked:
    """What generated classes ask of their `flatbuffers.table.Table`, each access checked."""

    __slots__ = ("Pos", "_buffer", "_table")

    def __init__(self, table: Table) -> None:
        self._table = table
        self._buffer = table.buffer
        self.Pos = table.position

    def Offset(self, entry: int) -> int:
        return self._table.field((entry - 4) // 2)

    def Get(self, flags: Any, position: int) -> Any:
        return flags.py_type(self._buffer.number(_packer(flags), position))

    def VectorLen(self, field: int) -> int:
        count = self._buffer.vector(self._target(field), 1)[1]
        self._buffer.charge(4 * count)
        return count

    def Vector(self, field: int) -> int:
        return self._buffer.vector(self._target(field), 1)[0]

    def GetVectorAsNumpy(self, flags: Any, field: int) -> Array:
        array = self._buffer.numbers(self._target(field), np.dtype(_packer(flags).format))
        self._buffer.charge(4 * array.size)
        return array

    def String(self, position: int) -> bytes:
        return self._buffer.text(self._buffer.offset(position)).encode()

    def _target(self, field: int) -> int:
        return self._buffer.offset(self.Pos + field)


def _packer(flags: Any) -> struct.Struct:
    packer: struct.Struct = flags.packer_type
    return packer


def _plain(value: Any) -> Any:
    """Option fields as comparable values: vectors become tuples."""
    if isinstance(value, np.ndarray):
        return tuple(value.tolist())
    return tuple(value) if isinstance(value, list) else value
