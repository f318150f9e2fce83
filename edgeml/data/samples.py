"""Samples to run a model on: all of a file, or the test part of a data set; labels where there are some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.data.arrays import read_npy, read_npz
from edgeml.data.dataset import make_dataset
from edgeml.data.load import load_for
from edgeml.data.stored import Stored
from edgeml.errors import DataError
from edgeml.ir import Array

_SPLIT = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class SampleSet:
    """`x` float32 (N, …) as data sets hold it, `y` classes or values or None; `stored` says what x stands for."""

    name: str
    x: NDArray[np.float32]
    y: Array | None
    stored: Stored


def load_samples(source: str, shape: Sequence[int] = (), *, seed: int = 0, quiet: bool = False) -> SampleSet:
    """All samples of an .npy or of an .npz with x and perhaps y; of every other data set its test part.

    Photos come in the size and colours of a model's input of `shape`.
    """
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix in (".npy", ".npz") and path.is_file():
        arrays = {"x": read_npy(path)} if suffix == ".npy" else read_npz(path)
        if not set(_SPLIT) <= set(arrays):
            return _whole(path, arrays)
    found = load_for(shape, source, seed=seed, quiet=quiet)
    return SampleSet(found.name, found.x_test, found.y_test, found.stored)


def _whole(path: Path, arrays: dict[str, Array]) -> SampleSet:
    x = arrays.get("x", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if x is None:
        raise DataError(
            f"'{path}': must hold the array x, and y for labels. Got {', '.join(sorted(arrays)) or 'nothing'}. "
            "Save it with numpy.savez(path, x=..., y=...)."
        )
    y = arrays.get("y")
    labels = tuple(str(label) for label in arrays["labels"]) if "labels" in arrays else ()
    truth = np.zeros(len(x) if x.ndim else 0, np.int64) if y is None else y
    whole = make_dataset(path.stem, (x, truth), (x, truth), labels)
    return SampleSet(path.stem, whole.x_test, None if y is None else whole.y_test, whole.stored)
