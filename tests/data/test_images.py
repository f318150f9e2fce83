"""Folders of images: a class a folder, with or without parts for training and testing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.data import load_dataset
from edgeml.errors import DataError

image = pytest.importorskip("PIL.Image")


def _fill(folder: Path, count: int, shade: int, size: int = 8) -> None:
    folder.mkdir(parents=True)
    for i in range(count):
        image.fromarray(np.full((size, size, 3), shade + i, np.uint8)).save(folder / f"{i}.png")


@pytest.mark.parametrize("part", ["test", "val", "validation"])
def test_parts_that_the_folder_brings_stay_apart(tmp_path: Path, part: str) -> None:
    for name, count in (("train", 3), (part, 2)):
        for c, label in enumerate(("cat", "dog")):
            _fill(tmp_path / name / label, count, 100 * c + (50 if name == part else 0))
    data = load_dataset(str(tmp_path), quiet=True)
    assert data.labels == ("cat", "dog")
    np.testing.assert_array_equal(np.sort(data.y_test), [0, 0, 1, 1])
    assert len(data.x_train) == 6
    np.testing.assert_allclose(np.sort(data.x_test[:, 0, 0, 0]) * 255, [50, 51, 150, 151], atol=0.01)


def test_folders_called_train_and_val_without_classes_are_classes(tmp_path: Path) -> None:
    for c, name in enumerate(("train", "val")):
        _fill(tmp_path / name, 5, 100 * c)
    assert load_dataset(str(tmp_path), quiet=True).labels == ("train", "val")


def test_parts_with_other_classes_are_refused(tmp_path: Path) -> None:
    _fill(tmp_path / "train" / "cat", 2, 0)
    _fill(tmp_path / "train" / "dog", 2, 0)
    _fill(tmp_path / "val" / "cat", 2, 0)
    with pytest.raises(DataError, match="Only in one of them: dog"):
        load_dataset(str(tmp_path), quiet=True)
