"""A checked view of a flatbuffer: no offset, count or string is used before it is known to lie inside the file.

Nothing is copied: vectors of numbers are NumPy views. Parts of a flatbuffer may be shared, so that a small file can
describe a huge structure; therefore every access is charged, and the total is bounded by the file's size.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.ir import Array

# Charge of one table beside its content. An honest table occupies about 20 bytes and is visited once.
_TABLE_CHARGE = 32
_CHARGES_PER_BYTE, _FREE_CHARGE = 4, 1 << 16
MAX_TABLES = 200_000
_STRUCTS = {code: struct.Struct(f"<{code}") for code in "?bBhHiIqQfd"}
_UOFFSET, _SOFFSET, _VOFFSET = _STRUCTS["I"], _STRUCTS["i"], _STRUCTS["H"]


class Flatbuffer:
    """The bytes of one file; `source` names it in messages."""

    __slots__ = ("_charge", "data", "size", "source")

    def __init__(self, data: bytes, source: str) -> None:
        self.data = data
        self.size = len(data)
        self.source = source
        self._charge = _FREE_CHARGE + _CHARGES_PER_BYTE * self.size

    def fail(self, what: str) -> ModelFormatError:
        """The error for an inconsistent file."""
        return ModelFormatError(f"'{self.source}': {what}. The file is truncated or damaged; get it again.")

    def charge(self, amount: int) -> None:
        """Account for work or memory; the sum is bounded by the file's size."""
        self._charge -= amount
        if self._charge < 0:
            raise self.fail("its parts are shared so often that it describes far more than it holds")

    def root(self) -> Table:
        """The table that the file's first word points to."""
        return self.table(self.offset(0))

    def table(self, position: int) -> Table:
        """The table at `position`, its vtable checked."""
        self.charge(_TABLE_CHARGE)
        vtable = position - int(self.number(_SOFFSET, position))
        size = int(self.number(_VOFFSET, vtable))
        if size < 4 or size % 2 or vtable + size > self.size:
            raise self.fail(f"the table at byte {position} has no valid vtable")
        return Table(self, position, vtable, size)

    def number(self, kind: struct.Struct, position: int) -> Any:
        """One number at `position`."""
        if not 0 <= position <= self.size - kind.size:
            raise self.fail(f"byte {position} is read, the file has {self.size}")
        return kind.unpack_from(self.data, position)[0]

    def offset(self, position: int) -> int:
        """Where the relative offset stored at `position` points to."""
        return position + int(self.number(_UOFFSET, position))

    def vector(self, position: int, item: int) -> tuple[int, int]:
        """(first byte, count) of the vector at `position` with `item` bytes an element."""
        count = int(self.number(_UOFFSET, position))
        if count * item > self.size - position - 4:
            raise self.fail(f"a vector of {count} elements at byte {position} reaches past the end")
        return position + 4, count

    def numbers(self, position: int, dtype: Any) -> Array:
        """The vector at `position` as a read-only view."""
        dtype = np.dtype(dtype)
        start, count = self.vector(position, dtype.itemsize)
        return np.frombuffer(self.data, dtype, count, start)

    def text(self, position: int) -> str:
        """The string at `position`; bytes that are no UTF-8 are replaced."""
        start, count = self.vector(position, 1)
        self.charge(count)
        return self.data[start : start + count].decode("utf-8", "replace")


class Table:
    """One table; fields are named by their slot, the position in the schema."""

    __slots__ = ("_size", "_vtable", "buffer", "position")

    def __init__(self, buffer: Flatbuffer, position: int, vtable: int, size: int) -> None:
        self.buffer = buffer
        self.position = position
        self._vtable = vtable
        self._size = size

    def field(self, slot: int) -> int:
        """Position of the field relative to the table, 0 when it is absent."""
        entry = 4 + 2 * slot
        if entry + 2 > self._size:
            return 0
        return int(self.buffer.number(_VOFFSET, self._vtable + entry))

    def scalar(self, slot: int, kind: str, default: Any = 0) -> Any:
        """A number of `struct` kind `kind`."""
        at = self.field(slot)
        return self.buffer.number(_STRUCTS[kind], self.position + at) if at else default

    def table(self, slot: int) -> Table | None:
        """A table, or None when absent."""
        at = self.target(slot)
        return None if at is None else self.buffer.table(at)

    def tables(self, slot: int, what: str) -> list[Table]:
        """A vector of tables, empty when absent; `what` names them in messages."""
        at = self.target(slot)
        if at is None:
            return []
        start, count = self.buffer.vector(at, 4)
        if count > MAX_TABLES:
            raise UnsupportedError(
                f"'{self.buffer.source}': has {count} {what}; edgeml reads at most {MAX_TABLES}. "
                "Export a smaller model."
            )
        return [self.buffer.table(self.buffer.offset(start + 4 * i)) for i in range(count)]

    def numbers(self, slot: int, dtype: Any) -> Array | None:
        """A vector of numbers that will become Python objects, or None when absent; each element is charged."""
        at = self.target(slot)
        if at is None:
            return None
        array = self.buffer.numbers(at, dtype)
        self.buffer.charge(4 * array.size)
        return array

    def data(self, slot: int) -> Array | None:
        """A vector of bytes as a view, or None when absent."""
        at = self.target(slot)
        return None if at is None else self.buffer.numbers(at, np.uint8)

    def text(self, slot: int) -> str:
        """A string, empty when absent."""
        at = self.target(slot)
        return "" if at is None else self.buffer.text(at)

    def target(self, slot: int) -> int | None:
        """Where an offset field points to, or None when absent."""
        at = self.field(slot)
        return self.buffer.offset(self.position + at) if at else None
