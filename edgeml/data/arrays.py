"""NumPy files: one .npz, or a folder with xtrain.npy, ytrain.npy, xtest.npy, ytest.npy. Never a pickle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeml.data.dataset import Dataset, make_dataset
from edgeml.data.numpy_files import parse_npy, parse_npz
from edgeml.data.split import stratified_split
from edgeml.errors import DataError
from edgeml.ir import Array

NPY_FILES = ("xtrain.npy", "ytrain.npy", "xtest.npy", "ytest.npy")
_KEYS = ("x_train", "y_train", "x_test", "y_test")
_MNIST_PIXELS = 784


def load_npz(
    path: Path, *, name: str, seed: int, split: float, labels: tuple[str, ...] = (), licence: str = ""
) -> Dataset:
    """A .npz with x_train, y_train, x_test, y_test, or with x, y that are split here; optional `labels`."""
    arrays = read_npz(path)
    if "labels" in arrays:
        labels = tuple(str(label) for label in arrays["labels"])
    if set(_KEYS) <= set(arrays):
        return make_dataset(
            name,
            (arrays["x_train"], arrays["y_train"]),
            (arrays["x_test"], arrays["y_test"]),
            labels,
            licence,
        )
    if not {"x", "y"} <= set(arrays):
        raise DataError(
            f"'{path}': must hold the arrays x and y, or {', '.join(_KEYS)}. Got {', '.join(sorted(arrays))}. "
            "Save it with numpy.savez(path, x=..., y=...)."
        )
    return split_dataset(name, arrays["x"], arrays["y"], seed=seed, split=split, labels=labels, licence=licence)


def split_dataset(
    name: str, x: Array, y: Array, *, seed: int, split: float, labels: tuple[str, ...] = (), licence: str = ""
) -> Dataset:
    """Dataset of (x, y) by a stratified split, of values by any; a single sample is both training and test part."""
    # checks everything before the split, so that errors name indices of the user's own arrays
    whole = make_dataset(name, (x, y), (x, y), labels, licence)
    if len(x) < 2:
        return whole
    # values are all one class
    strata = np.zeros(len(x), np.int64) if whole.y_train.dtype.kind == "f" else whole.y_train
    train, test = stratified_split(strata, split, seed)
    if len(test) == 0:
        raise DataError(f"data set '{name}': {len(x)} samples leave no test part. Give two samples a class or more.")
    x_all, y_all = whole.x_train, whole.y_train
    return Dataset(name, x_all[train], y_all[train], x_all[test], y_all[test], whole.labels, licence, whole.stored)


def load_npy_folder(folder: Path, *, name: str) -> Dataset:
    """xtrain.npy and xtest.npy, (N, 28, 28), (N, H, W, C), or flat (N, 784), with ytrain.npy and ytest.npy."""
    x_train, y_train, x_test, y_test = (read_npy(folder / file) for file in NPY_FILES)
    return make_dataset(name, (_unflatten(x_train), y_train), (_unflatten(x_test), y_test))


def read_npy(path: Path) -> Array:
    """The array of a .npy file; DataError when it is missing, damaged, or holds Python objects."""
    return parse_npy(_read(path, f"The folder needs {', '.join(NPY_FILES)}."), str(path))


def read_npz(path: Path) -> dict[str, Array]:
    """All arrays of a .npz file by name; DataError when it is missing, damaged, or holds Python objects."""
    return dict(parse_npz(_read(path, "Check the path."), str(path)))


def _read(path: Path, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"'{path}' does not exist. {remedy}") from None
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}.") from None


def _unflatten(x: Array) -> Array:
    return x.reshape(-1, 28, 28) if x.ndim == 2 and x.shape[1] == _MNIST_PIXELS else x
