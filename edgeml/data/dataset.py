"""A data set, checked once when it is made: samples with classes, or with values for regression."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgeml.data.stored import Stored
from edgeml.errors import DataError
from edgeml.ir import Array

# whole-numbered floats of this range are 8-bit pixels that somebody saved as floats
_PIXEL_MAX = 255


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test samples.

    `x_*` are float32 (N, H, W, C) or (N, F); images lie in [0, 1]. `y_*` are int64 (N,) indices into `labels`, or
    float32 (N, outputs) values, without labels.
    `stored` says what the numbers were before: 8-bit pixels, int8 codes, or reals.
    """

    name: str
    x_train: NDArray[np.float32]
    y_train: Array
    x_test: NDArray[np.float32]
    y_test: Array
    labels: tuple[str, ...]
    licence: str = ""
    stored: Stored = "reals"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample, without a batch dimension."""
        return self.x_train.shape[1:]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all samples and labels: changes when and only when the content does."""
        digest = hashlib.sha256("\n".join(self.labels).encode())
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"|{array.dtype}{array.shape}|".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def make_dataset(
    name: str, train: tuple[Array, Array], test: tuple[Array, Array], labels: Sequence[str] = (), licence: str = ""
) -> Dataset:
    """Dataset from raw (x, y) pairs; raises DataError naming the part and what is wrong with it.

    Integers and whole-numbered floats in 0…255 are pixels and become [0, 1]; other floats stay as they are.
    A missing channel dimension (N, H, W) is added. One-hot labels become indices. Without `labels` the classes
    are named by their index, as many as the training labels use. Floats with fractions, or with several columns that
    are not one-hot, are values.
    """
    scale = _scale(np.asarray(train[0]))
    values = _are_values(train[1]) or _are_values(test[1])
    read: Callable[[str, str, Array], Array] = _values if values else _labels
    x_train, y_train = _samples(name, "training", train[0], scale), read(name, "training", train[1])
    x_test, y_test = _samples(name, "test", test[0], scale), read(name, "test", test[1])
    for part, x, y in (("training", x_train, y_train), ("test", x_test, y_test)):
        if len(x) != len(y):
            raise DataError(
                f"data set '{name}': every sample needs one label. Got {len(x)} {part} samples and {len(y)} labels. "
                "Check that both files belong together."
            )
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DataError(
            f"data set '{name}': training and test samples must have the same shape. Got {x_train.shape[1:]} and "
            f"{x_test.shape[1:]}."
        )
    if values:
        labels = ()
        if y_train.shape[1] != y_test.shape[1]:
            raise DataError(
                f"data set '{name}': training and test samples must have as many values each. Got {y_train.shape[1]} "
                f"and {y_test.shape[1]}."
            )
    else:
        labels = tuple(labels) or tuple(str(i) for i in range(int(y_train.max()) + 1))
        for part, y in (("training", y_train), ("test", y_test)):
            _check_range(name, part, y, labels)
    stored: Stored = "pixels" if scale != 1 else "codes" if np.asarray(train[0]).dtype == np.int8 else "reals"
    return Dataset(name, x_train, y_train, x_test, y_test, labels, licence, stored)


def _samples(name: str, part: str, x: Array, scale: float) -> NDArray[np.float32]:
    x = np.asarray(x)
    if len(x) == 0 or x.ndim == 0 or x.size == 0:
        raise DataError(f"data set '{name}': the {part} part is empty. Give at least one sample.")
    if x.dtype.kind not in "buif":
        raise DataError(f"data set '{name}': {part} samples must be numbers. Got {x.dtype}.")
    if not 2 <= x.ndim <= 4:
        raise DataError(
            f"data set '{name}': {part} samples must be (N, H, W, C), (N, H, W) or (N, F). Got {x.shape}. Reshape them."
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        bad = int(np.argmax(~np.isfinite(x).reshape(len(x), -1).all(axis=1)))
        raise DataError(f"data set '{name}': {part} sample {bad} holds NaN or infinity. Remove or repair it.")
    x = x.astype(np.float32)
    if scale != 1:
        x /= np.float32(scale)
    return np.ascontiguousarray(x[..., np.newaxis] if x.ndim == 3 else x)


def _scale(x: Array) -> float:
    """255 for 8-bit pixels, also when they were saved as floats; else 1. Judged on the training part alone."""
    if x.dtype == np.uint8:
        return _PIXEL_MAX
    if x.dtype == np.int8 or x.dtype.kind not in "uif" or x.ndim < 3 or x.size == 0:
        return 1
    low, high = x.min(), x.max()
    pixels = low >= 0 and 1 < high <= _PIXEL_MAX and bool((x == np.floor(x)).all())
    return _PIXEL_MAX if pixels else 1


def _are_values(y: Array) -> bool:
    """Whether labels are values to predict and no classes."""
    y = np.asarray(y)
    if y.dtype.kind != "f" or y.ndim not in (1, 2) or not y.size:
        return False
    fractions = bool((y[np.isfinite(y)] % 1 != 0).any())
    several = y.ndim == 2 and y.shape[1] > 1
    return fractions or (several and not _is_one_hot(y))


def _is_one_hot(y: Array) -> bool:
    return bool((np.sort(y, axis=1)[:, :-1] == 0).all() and (y.max(axis=1) == 1).all())


def _values(name: str, part: str, y: Array) -> NDArray[np.float32]:
    """Values (N, outputs), float32."""
    y = np.asarray(y)
    y = y.reshape(len(y), -1)
    if y.dtype.kind not in "buif" or not np.isfinite(y).all():
        raise DataError(f"data set '{name}': {part} values must be finite numbers. Remove or repair the others.")
    return np.ascontiguousarray(y, np.float32)


def _labels(name: str, part: str, y: Array) -> NDArray[np.int64]:
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    elif y.ndim == 2 and y.shape[1] > 1 and _is_one_hot(y):
        y = y.argmax(axis=1)
    if y.ndim != 1:
        raise DataError(f"data set '{name}': {part} labels must be (N,) or one-hot (N, classes). Got {y.shape}.")
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.floor(y)).all()):
        raise DataError(f"data set '{name}': {part} labels must be whole numbers from 0. Got NaN or infinity.")
    if y.dtype.kind not in "buif":
        raise DataError(f"data set '{name}': {part} labels must be whole numbers from 0. Got {y.dtype}.")
    return y.astype(np.int64)


def _check_range(name: str, part: str, y: Array, labels: Sequence[str]) -> None:
    outside = np.flatnonzero((y < 0) | (y >= len(labels)))
    if len(outside):
        raise DataError(
            f"data set '{name}': {part} labels must lie in 0…{len(labels) - 1} ({len(labels)} classes). Got "
            f"{y[outside[0]]} at index {outside[0]}. Correct the labels or name all classes."
        )
