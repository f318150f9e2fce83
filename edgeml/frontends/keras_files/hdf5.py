"""HDF5 files opened safely: no link leaves the file, no size exceeds what the file can hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

from edgeml.errors import ModelFormatError
from edgeml.extras import require

# weights may be compressed; more than this is a bomb
MAX_RATIO = 20
FREE_BYTES = 64 << 20
_MAX_OBJECTS = 200_000


def size_limit(nbytes: int) -> int:
    """Most bytes that the content of a stored model of `nbytes` may unpack to."""
    return max(FREE_BYTES, MAX_RATIO * nbytes)


@contextmanager
def opened(data: bytes, source: str) -> Iterator[Any]:
    """The checked h5py.File of `data`. Raises ModelFormatError; errors of h5py in the body become it too."""
    h5py = require("h5py", "keras")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            elements = _check(h5py, file, size_limit(len(data)), source)
            yield file, elements
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, UnicodeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelFormatError(f"'{source}': damaged HDF5 file ({reason}). Save the model again.") from None


def _check(h5py: Any, file: Any, limit: int, source: str) -> int:
    """Walk all objects without following a link out of the file; returns the number of stored elements."""
    pending, seen, elements, nbytes = [file], set(), 0, 0
    while pending:
        item = pending.pop()
        # hard links may form a circle
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > _MAX_OBJECTS:
            raise ModelFormatError(f"'{source}': more than {_MAX_OBJECTS:,} objects. Save the model again.")
        for name in item.attrs:
            attribute = item.attrs.get_id(name)
            _within(prod(attribute.shape) * attribute.dtype.itemsize, limit, f"attribute '{name}'", source)
        if isinstance(item, h5py.Group):
            pending.extend(_children(h5py, item, source))
            continue
        _check_dataset(h5py, item, limit, source)
        elements += item.size
        nbytes += item.size * item.dtype.itemsize
        _within(nbytes, limit, "all weights together", source)
    return elements


def _children(h5py: Any, group: Any, source: str) -> Iterator[Any]:
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ModelFormatError(
                f"'{source}': '{group.name}/{name}' is a link; only what lies in the file itself is read. Save the "
                "model again."
            )
        yield group[name]


def _check_dataset(h5py: Any, item: Any, limit: int, source: str) -> None:
    if not isinstance(item, h5py.Dataset):
        raise ModelFormatError(f"'{source}': '{item.name}' is neither a group nor a data set. Save the model again.")
    if item.external or item.is_virtual:
        raise ModelFormatError(
            f"'{source}': '{item.name}' keeps its data in another file; only what lies in the file itself is read. "
            "Save the model again."
        )
    if item.shape is None or item.dtype.kind not in "fiubS":
        raise ModelFormatError(f"'{source}': '{item.name}' must be a numeric array. Got {item.dtype}.")
    itemsize = item.dtype.itemsize
    _within(prod(item.shape) * itemsize, limit, f"'{item.name}'", source)
    if item.chunks:
        _within(prod(item.chunks) * itemsize, limit, f"a chunk of '{item.name}'", source)


def _within(nbytes: int, limit: int, what: str, source: str) -> None:
    if nbytes > limit:
        raise ModelFormatError(
            f"'{source}': {what} would unpack to {nbytes:,} bytes; {limit:,} are plausible for a file of this size."
        )
