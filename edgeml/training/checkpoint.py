"""State of a training on disk: arrays in one .npz, written whole or not at all, never a pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgeml.data.arrays import read_npz
from edgeml.errors import DataError
from edgeml.files import write_bytes
from edgeml.ir import Array

# the zip format's first day: archives must not differ by when they were written
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> Path:
    """Write `arrays` as .npz; the same arrays give the same bytes. Names may hold any characters but NUL."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), entry.getvalue())
    return write_bytes(path, buffer.getvalue())


def load_arrays(path: Path) -> dict[str, Array]:
    """The arrays of a file that `save_arrays` wrote; DataError when it is missing or damaged."""
    return dict(read_npz(path))


def load_if_fresh(path: Path, key: str) -> dict[str, Array] | None:
    """The arrays of a checkpoint that was written for `key`, without the key; None when there is none.

    A damaged file or another key means: start anew. `key` stands for everything that the state depends on.
    """
    if not path.is_file():
        return None
    try:
        arrays = load_arrays(path)
    except DataError:
        return None
    return arrays if str(arrays.pop("key", "")) == key else None
