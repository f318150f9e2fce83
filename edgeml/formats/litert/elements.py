"""Element types of the file: which the IR has, which are unpacked to one that it has, and which stay unread."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from edgeml.formats.litert import schema
from edgeml.ir import Array, DType

# file's type -> bits an element, where a byte holds several; the first element has the lowest bits
_PACKED: Mapping[str, int] = MappingProxyType({"INT4": 4, "INT2": 2})
_WIDENED: Mapping[str, DType] = MappingProxyType(
    {"FLOAT16": DType.FLOAT32, **dict.fromkeys(_PACKED, DType.INT8)},
)
_OWN: Mapping[str, DType] = MappingProxyType({name: dtype for dtype, name in schema.DTYPE_NAMES.items()})


def dtype_of(element: str) -> DType | None:
    """The IR's type for elements of the file's type; None for types that edgeml does not read (STRING, RESOURCE…)."""
    return _OWN.get(element) or _WIDENED.get(element)


def is_widened(element: str) -> bool:
    """Whether `decode` gives another type than the file's own."""
    return element in _WIDENED


def nbytes(element: str, count: int) -> int:
    """Bytes of `count` elements in the file."""
    if element in _PACKED:
        return -(-count * _PACKED[element] // 8)
    return count * (2 if element == "FLOAT16" else _OWN[element].size)


def decode(element: str, raw: Array, shape: tuple[int, ...]) -> Array:
    """Bytes of the file as a read-only array of `dtype_of(element)`; a view where the types agree."""
    count = math.prod(shape)
    dtype = dtype_of(element)
    assert dtype is not None
    if element in _PACKED:
        array = _unpack(raw, _PACKED[element])[:count]
    elif element == "FLOAT16":
        array = raw.view("<f2").astype(np.float32)
    elif dtype is DType.BOOL:
        array = raw != 0
    else:
        array = raw.view(dtype.numpy.newbyteorder("<")).astype(dtype.numpy, copy=False)
    array = np.require(array, requirements=["A"]).reshape(shape)
    array.flags.writeable = False
    return array


def encode(element: str, data: Array) -> bytes:
    """The inverse of `decode`."""
    if element in _PACKED:
        return _pack(data.ravel(), _PACKED[element]).tobytes()
    if element == "FLOAT16":
        return np.ascontiguousarray(data).astype("<f2").tobytes()
    return np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<")).tobytes()


def _unpack(raw: Array, bits: int) -> Array:
    """Each byte's groups of `bits`, lowest first, sign-extended to int8."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    # the group goes to the top of the byte, the arithmetic shift back extends its sign
    high = (raw[:, None] << (8 - bits - shifts)).astype(np.uint8).view(np.int8)
    return (high >> (8 - bits)).reshape(-1)


def _pack(data: Array, bits: int) -> Array:
    per_byte = 8 // bits
    padded = np.zeros(-(-data.size // per_byte) * per_byte, np.uint8)
    padded[: data.size] = data.view(np.uint8) & ((1 << bits) - 1)
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    packed: Array = np.bitwise_or.reduce(padded.reshape(-1, per_byte) << shifts, axis=1)
    return packed.astype(np.uint8)
