"""The idx format of MNIST: a magic number, big-endian sizes, raw values."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from edgeml.errors import DataError
from edgeml.ir import Array

_DTYPES: Mapping[int, str] = MappingProxyType(
    {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
)


def parse_idx(data: bytes, source: str) -> Array:
    """The array in the bytes of an idx file; raises DataError when header and length do not agree."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES:
        raise DataError(f"'{source}': not an idx file (it starts with {data[:4].hex() or 'nothing'}). Check the file.")
    dtype, rank = np.dtype(_DTYPES[data[2]]), data[3]
    start = 4 + 4 * rank
    shape = struct.unpack(f">{rank}I", data[4:start]) if len(data) >= start else ()
    size = dtype.itemsize
    for length in shape:
        size *= length
    if len(data) < start or len(data) - start != size:
        raise DataError(
            f"'{source}': the header announces {'x'.join(map(str, shape)) or 'no'} values of {dtype.itemsize} bytes, "
            f"the file holds {max(len(data) - start, 0)} bytes. It is truncated or damaged: get it again."
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
