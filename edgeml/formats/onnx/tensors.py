"""TensorProto to NumPy, with every size checked before it is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.onnx.external import ExternalData
from edgeml.ir import Array

MAX_RANK = 32
# TensorProto.DataType -> NumPy's name
ELEMENT_TYPES: Mapping[int, str] = MappingProxyType(
    {
        1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
        10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16", 21: "uint4", 22: "int4",
    }
)  # fmt: skip
_NO_NUMPY = {8: "string", 14: "complex64", 15: "complex128", 17: "float8", 18: "float8", 19: "float8", 20: "float8",
             23: "float4", 24: "float8", 25: "uint2", 26: "int2"}  # fmt: skip
# the repeated field that holds the values when raw_data is absent
_FIELDS = {
    "float32": "float_data", "float64": "double_data", "int64": "int64_data",
    "uint32": "uint64_data", "uint64": "uint64_data",
}  # fmt: skip


def element_type(number: int) -> str:
    """NumPy's name of an element type ("bfloat16", "int4", "uint4" for those it lacks), "" when unknown."""
    return ELEMENT_TYPES.get(number, "")


def element_type_name(number: int) -> str:
    """A name for messages, whatever the type."""
    return ELEMENT_TYPES.get(number) or _NO_NUMPY.get(number, f"type {number}")


def to_array(proto: Any, external: ExternalData, source: str) -> Array:
    """The read-only array of a TensorProto; bfloat16 becomes float32, 4-bit integers become 8-bit ones.

    Raises ModelFormatError when sizes disagree, UnsupportedError for element types that NumPy lacks.
    """
    name = proto.name or "constant"
    dtype = element_type(proto.data_type)
    if not dtype:
        raise UnsupportedError(
            f"'{source}': tensor '{name}' has element type {element_type_name(proto.data_type)}, which edgeml does "
            "not read. Convert the model to float32 or int8."
        )
    shape = tuple(int(d) for d in proto.dims)
    if any(d < 0 for d in shape) or len(shape) > MAX_RANK:
        raise ModelFormatError(f"'{source}': tensor '{name}' has shape {shape[:MAX_RANK]}. The file is damaged.")
    count = math.prod(shape)
    if proto.HasField("segment"):
        raise UnsupportedError(f"'{source}': tensor '{name}' is stored in segments. Save the model as one file.")
    flat = _values(proto, name, dtype, count, external, source)
    if flat.size != count:
        raise ModelFormatError(
            f"'{source}': tensor '{name}' of shape {shape} needs {count} values, the file has {flat.size}. "
            "The file is damaged."
        )
    array = np.ascontiguousarray(flat).reshape(shape)
    array.flags.writeable = False
    return array


def _values(proto: Any, name: str, dtype: str, count: int, external: ExternalData, source: str) -> Array:
    nbytes = -(-count // 2) if dtype in ("int4", "uint4") else count * _stored(dtype).itemsize
    if proto.data_location == 1:
        # bytes where the file holds no UTF-8
        entries = {str(e.key): str(e.value) for e in proto.external_data}
        return _decode(external.read(name, entries, nbytes), dtype, count)
    if proto.HasField("raw_data"):
        if len(proto.raw_data) != nbytes:
            raise ModelFormatError(
                f"'{source}': tensor '{name}' of {count} values needs {nbytes} bytes, the file has "
                f"{len(proto.raw_data)}. The file is damaged."
            )
        return _decode(memoryview(proto.raw_data), dtype, count)
    return _from_field(getattr(proto, _FIELDS.get(dtype, "int32_data")), dtype, count)


def _from_field(values: Any, dtype: str, count: int) -> Array:
    if dtype in ("float32", "float64", "int64", "uint32", "uint64"):
        return np.asarray(values, dtype)
    raw = np.asarray(values, np.int64)
    if dtype in ("float16", "bfloat16"):
        return _decode(memoryview(raw.astype("<u2").tobytes()), dtype, len(raw))
    if dtype in ("int4", "uint4"):
        return _decode(memoryview(raw.astype(np.uint8).tobytes()), dtype, count) if 2 * len(raw) >= count else raw
    return raw.astype(dtype)


def _stored(dtype: str) -> np.dtype[Any]:
    """The NumPy type of the file's bytes: ONNX is little-endian everywhere."""
    return np.dtype("<u2" if dtype == "bfloat16" else dtype).newbyteorder("<")


def _decode(raw: memoryview, dtype: str, count: int) -> Array:
    if dtype in ("int4", "uint4"):
        packed = np.frombuffer(raw, np.uint8)
        flat = np.stack([packed & 15, packed >> 4], axis=-1).reshape(-1)[:count]
        return flat if dtype == "uint4" else ((flat ^ 8).astype(np.int16) - 8).astype(np.int8)
    flat = np.frombuffer(raw, _stored(dtype))
    if dtype == "bfloat16":
        return (flat.astype(np.uint32) << 16).view(np.float32)
    if dtype == "bool":
        # any byte but 0 is true; NumPy's own bool must hold 0 or 1
        return np.asarray(np.frombuffer(raw, np.uint8) != 0)
    return flat.astype(flat.dtype.newbyteorder("="), copy=False)
