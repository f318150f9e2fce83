"""Every kind of data source, and what each says when it is wrong."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from edgeml.data import load_dataset
from edgeml.errors import DataError, UsageError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 5), dtype=np.uint8)
LABELS = np.arange(40) % 4


def _idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def _npz(folder: Path, **arrays: object) -> str:
    path = folder / "own.npz"
    np.savez(path, **arrays)
    return str(path)


def test_npz_with_x_and_y_is_split_stratified_and_scaled(tmp_path: Path) -> None:
    data = load_dataset(_npz(tmp_path, x=IMAGES, y=LABELS), split=0.2)
    assert data.x_train.shape == (32, 6, 5, 1) and data.x_test.shape == (8, 6, 5, 1)
    assert data.x_train.dtype == np.float32 and data.x_train.min() >= 0 and data.x_train.max() <= 1
    assert np.bincount(data.y_test).tolist() == [2, 2, 2, 2]
    assert data.labels == ("0", "1", "2", "3")


def test_a_split_depends_on_the_seed_alone(tmp_path: Path) -> None:
    source = _npz(tmp_path, x=IMAGES, y=LABELS)
    assert load_dataset(source, seed=1).digest == load_dataset(source, seed=1).digest
    assert load_dataset(source, seed=1).digest != load_dataset(source, seed=2).digest


def test_npz_with_own_split_one_hot_labels_and_names(tmp_path: Path) -> None:
    one_hot = np.eye(4)[LABELS]
    arrays = {"x_train": IMAGES[:30], "y_train": one_hot[:30], "x_test": IMAGES[30:], "y_test": one_hot[30:]}
    data = load_dataset(_npz(tmp_path, **arrays, labels=np.array(["a", "b", "c", "d"])))
    assert data.labels == ("a", "b", "c", "d")
    np.testing.assert_array_equal(data.y_train, LABELS[:30])


def test_features_and_real_valued_images_keep_their_values(tmp_path: Path) -> None:
    for x in (RNG.standard_normal((40, 7)) * 100, RNG.random((40, 3, 3)) * 2):
        data = load_dataset(_npz(tmp_path, x=x, y=LABELS))
        kept = np.sort(np.concatenate([data.x_train.ravel(), data.x_test.ravel()]))
        np.testing.assert_array_equal(kept, np.sort(x.astype(np.float32).ravel()))


@pytest.mark.parametrize("flat", [True, False])
def test_a_folder_of_npy_files(tmp_path: Path, flat: bool) -> None:
    x = RNG.integers(0, 256, (20, 28, 28)).astype(np.float64)
    for part in ("train", "test"):
        np.save(tmp_path / f"x{part}.npy", x.reshape(20, -1) if flat else x)
        np.save(tmp_path / f"y{part}.npy", np.arange(20) % 2)
    data = load_dataset(str(tmp_path))
    assert data.x_train.shape == (20, 28, 28, 1)
    np.testing.assert_allclose(data.x_test[..., 0], x / 255, atol=1e-7)


def test_a_folder_of_idx_files(tmp_path: Path) -> None:
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(_idx(IMAGES)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(LABELS))
    np.testing.assert_allclose(load_dataset(str(tmp_path)).x_train[..., 0], IMAGES / 255, atol=1e-7)


def test_a_folder_of_images_a_class(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for i in range(5):
            pixels = np.full((8, 6, 3), 100 * label + i, np.uint8)
            image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    data = load_dataset(str(tmp_path), image_size=(4, 4), color_mode="grayscale")
    assert data.labels == ("cat", "dog") and data.x_train.shape == (8, 4, 4, 1) and len(data.x_test) == 2
    assert load_dataset(str(tmp_path)).x_train.shape == (8, 8, 6, 3)
    with pytest.raises(UsageError, match="colour mode 'cmyk' is unknown"):
        load_dataset(str(tmp_path), color_mode="cmyk")
    image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "dog" / "z.png")
    with pytest.raises(DataError, match=r"z\.png': all images must have the same size"):
        load_dataset(str(tmp_path))
    (tmp_path / "dog" / "z.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"z\.png' is no readable image"):
        load_dataset(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="class folder 'empty' holds no images"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "training part is empty"),
        ({"x": IMAGES, "y": LABELS[:9]}, "every sample needs one label. Got 40 training samples and 9 labels"),
        ({"x": IMAGES, "y": LABELS - 1}, r"must lie in 0…2 .*Got -1 at index 0"),
        ({"x": IMAGES, "y": LABELS, "labels": ["a", "b"]}, r"must lie in 0…1 \(2 classes\). Got 2 at index 2"),
        ({"x": IMAGES, "y": np.where(LABELS == 1, np.nan, 2.0)}, "whole numbers from 0. Got NaN"),
        ({"x": IMAGES, "y": np.where(LABELS == 1, np.inf, 0.5)}, "training values must be finite"),
        ({"x": np.full((4, 3), np.nan), "y": LABELS[:4]}, "training sample 0 holds NaN"),
        ({"x": IMAGES.ravel(), "y": LABELS}, r"must be \(N, H, W, C\), \(N, H, W\) or \(N, F\)"),
        ({"x": np.array([["a"]]), "y": LABELS[:1]}, "must be numbers"),
        ({"x": IMAGES}, "must hold the arrays x and y"),
    ],
)
def test_impossible_arrays_are_refused(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(_npz(tmp_path, **arrays))


@pytest.mark.parametrize("outputs", [(), (1,), (3,)])
def test_floats_are_values_to_predict(tmp_path: Path, outputs: tuple[int, ...]) -> None:
    y = np.random.default_rng(0).normal(size=(len(IMAGES), *outputs))
    found = load_dataset(_npz(tmp_path, x=IMAGES, y=y))
    assert found.labels == () and found.y_train.dtype == np.float32
    assert found.y_train.shape[1:] == (outputs or (1,))
    assert len(found.x_train) == len(found.y_train) == 32 and len(found.x_test) == len(found.y_test) == 8
    # each sample keeps its own values
    first = IMAGES.reshape(len(IMAGES), -1) / np.float32(255)
    for x, values in zip(found.x_test, found.y_test, strict=True):
        same = np.flatnonzero((first == x.reshape(-1)).all(axis=1))
        assert any(np.allclose(y.reshape(len(y), -1)[i], values) for i in same)


def test_whole_floats_stay_classes(tmp_path: Path) -> None:
    assert load_dataset(_npz(tmp_path, x=IMAGES, y=LABELS.astype(np.float64))).labels == ("0", "1", "2", "3")
    one_hot = np.eye(4)[LABELS]
    assert load_dataset(_npz(tmp_path, x=IMAGES, y=one_hot)).y_train.dtype == np.int64


def test_pickled_objects_in_an_npz_are_never_loaded(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (Path.touch, (tmp_path / "ran",))

    with pytest.raises(DataError, match="never runs a pickle"):
        load_dataset(_npz(tmp_path, x=np.array([Evil()], dtype=object), y=LABELS))
    assert not (tmp_path / "ran").exists()


def test_files_that_are_missing_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'nope' is neither a known name \(.*mnist.*\) nor an existing"):
        load_dataset("nope")
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"must be a \.npz. Got '\.csv'"):
        load_dataset(str(tmp_path / "a.csv"))
    (tmp_path / "b.npz").write_bytes(b"PK\3\4 broken")
    with pytest.raises(DataError, match="damaged or no NumPy file"):
        load_dataset(str(tmp_path / "b.npz"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="the folder is empty or of no known kind"):
        load_dataset(str(tmp_path / "folder"))
    with pytest.raises(UsageError, match="must lie between 0 and 1"):
        load_dataset("xor", split=1.0)


def test_a_truncated_idx_file_says_so(tmp_path: Path) -> None:
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(_idx(IMAGES)[:-7])
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(LABELS))
    with pytest.raises(DataError, match=r"announces 40x6x5 values.*holds 1193 bytes"):
        load_dataset(str(tmp_path))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"hello")
    with pytest.raises(DataError, match="not an idx file"):
        load_dataset(str(tmp_path))
