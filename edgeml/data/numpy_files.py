"""The bytes of .npy and .npz files as arrays: headers are believed only as far as the bytes that follow them.

NumPy's own reader allocates what a header announces, and a zip archive unpacks to a thousand times its size; here
both are bounded by the size of the file. Python objects (pickles) are never read.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.errors import DataError
from edgeml.ir import Array

# numbers, truth values, text and bytes; no objects, records or dates
_KINDS = "biufUS"
_MAX_RANK = 32
# honest data sets are compressed about 2 to 20 times; a bomb 1,000 times
_UNPACKED_PER_BYTE, _FREE_UNPACKED = 200, 1 << 26

# what NumPy's parser of the header, a Python literal, raises on nonsense
_BROKEN_HEADER = (
    ValueError, TypeError, SyntaxError, KeyError, OverflowError, RecursionError, MemoryError, EOFError,
)  # fmt: skip


def parse_npy(data: bytes, source: str) -> Array:
    """The array in the bytes of a .npy file; DataError when header and bytes do not agree."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"format version {version}")
        # version 3 differs from 2 in the encoding of field names, which are not read
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except _BROKEN_HEADER as error:
        raise DataError(f"'{source}': is damaged or no NumPy file ({error}). Save it again.") from None
    return _array(data, stream.tell(), shape, fortran, dtype, source)


def _array(data: bytes, start: int, shape: tuple[Any, ...], fortran: bool, dtype: Any, source: str) -> Array:
    if dtype.hasobject:
        raise DataError(
            f"'{source}': holds pickled Python objects; edgeml never runs a pickle. Save plain numeric arrays."
        )
    if dtype.kind not in _KINDS or dtype.itemsize == 0:
        raise DataError(f"'{source}': holds elements of type {dtype}. Save plain numeric arrays.")
    if len(shape) > _MAX_RANK or any(not isinstance(d, int) or d < 0 for d in shape):
        raise DataError(f"'{source}': is damaged: its shape is {shape[:8]}. Save it again.")
    count = math.prod(shape)
    if count * dtype.itemsize > len(data) - start or (count == 0 and max(shape) > len(data)):
        raise DataError(
            f"'{source}': is damaged: the header announces {dtype} of shape {shape}, {len(data) - start} bytes follow. "
            "Save it again."
        )
    flat = np.frombuffer(data, dtype, count, start).copy() if count else np.zeros(0, dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def parse_npz(data: bytes, source: str) -> Mapping[str, Array]:
    """All arrays of a .npz file by name; DataError when it is damaged, or unpacks to far more than its size."""
    left = _FREE_UNPACKED + _UNPACKED_PER_BYTE * len(data)
    arrays: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                left -= member.file_size
                if left < 0:
                    raise DataError(f"'{source}': unpacks to far more than its size. Save it without compression.")
                arrays[member.filename.removesuffix(".npy")] = parse_npy(_unpacked(archive, member), source)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError,
        OverflowError, IndexError,
    ) as error:  # fmt: skip
        raise DataError(f"'{source}': is damaged or no NumPy file ({error}). Save it again.") from None
    return arrays


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The member's bytes, no more than it announces: zipfile itself stops there."""
    with archive.open(member) as stream:
        return stream.read(member.file_size)
