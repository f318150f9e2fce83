"""dataset.toml: shipped files, checksums, downloads."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from edgeml.data import load_dataset
from edgeml.data.split import stratified_split, unique_samples
from edgeml.errors import DataError
from edgeml.project import find_dataset


def _write(folder: Path, url: str, sha256: str) -> str:
    folder.mkdir(exist_ok=True)
    lines = ['name = "far"', 'format = "npz"', "[files.data]", 'path = "far.npz"', f'sha256 = "{sha256}"']
    (folder / "dataset.toml").write_text("\n".join([*lines, f'url = "{url}"'] if url else lines))
    return str(folder)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    path = tmp_path / "remote" / "far.npz"
    path.parent.mkdir()
    np.savez(path, x=np.zeros((10, 4, 4), np.uint8), y=np.arange(10) % 2)
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edgeml" / "datasets" / "far"


def test_a_download_is_checked_and_kept(tmp_path: Path, remote: Path, own_cache: Path) -> None:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(remote.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/far.npz"
    folder = _write(tmp_path / "far", url, hashlib.sha256(remote.read_bytes()).hexdigest())
    first = load_dataset(folder)
    server.shutdown()
    server.server_close()
    assert load_dataset(folder).digest == first.digest
    assert [p.name for p in own_cache.iterdir()] == ["far.npz"]


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path, remote: Path, own_cache: Path) -> None:
    folder = _write(tmp_path / "far", remote.as_uri(), "0" * 64)
    with pytest.raises(DataError, match="its SHA-256 must be 0000"):
        load_dataset(folder)
    assert list(own_cache.iterdir()) == []


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    folder = _write(tmp_path / "far", "http://127.0.0.1:9/far.npz", "0" * 64)
    with pytest.raises(DataError, match=r"is not on this machine .*cannot be fetched.*Connect to the network, or put"):
        load_dataset(folder)


def test_a_shipped_file_that_changed_is_refused(tmp_path: Path, remote: Path) -> None:
    folder = Path(_write(tmp_path / "far", "", "1" * 64))
    (folder / "far.npz").write_bytes(remote.read_bytes())
    with pytest.raises(DataError, match="its SHA-256 must be 1111"):
        load_dataset(str(folder))
    (folder / "far.npz").unlink()
    with pytest.raises(DataError, match="does not exist"):
        load_dataset(str(folder))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format =", "not valid TOML"),
        ('format = "csv"', "format must be one of idx, npz, inline"),
        ('format = "npz"', r"\[files.data\] needs path and sha256"),
        ('format = "inline"\nx = [[1], [1, 2]]\ny = [0, 0]', "rows of equal length"),
    ],
)
def test_a_wrong_dataset_toml_names_the_rule(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "dataset.toml").write_text(text)
    with pytest.raises(DataError, match=message):
        load_dataset(str(tmp_path))


def test_mnist_is_the_canonical_one() -> None:
    data = load_dataset("mnist")
    assert data.x_train.shape == (60000, 28, 28, 1) and data.x_test.shape == (10000, 28, 28, 1)
    assert np.bincount(data.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert data.x_train.max() == 1


def test_animals_are_unique_and_none_is_in_both_parts() -> None:
    data = load_dataset("animals")
    both = np.concatenate([data.x_train, data.x_test])
    assert len(both) == 9716 == len(unique_samples(both))
    assert len(data.x_test) == 1941 and data.labels[0] == "bear" and data.labels[9] == "zebra"
    shares = np.bincount(data.y_test) / np.bincount(np.concatenate([data.y_train, data.y_test]))
    assert np.all(np.abs(shares - 0.2) < 0.001)


def test_xor_is_its_truth_table() -> None:
    data = load_dataset("xor")
    assert [(*map(int, x), int(y)) for x, y in zip(data.x_test, data.y_test, strict=True)] == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    ]


@pytest.mark.parametrize("name", ["mnist", "animals"])
def test_shipped_data_carries_its_licence(name: str) -> None:
    folder = find_dataset(name)
    assert folder is not None and list(folder.glob("LICENCE*"))
    assert load_dataset(name).licence


def test_every_class_is_in_both_parts_of_a_split() -> None:
    y = np.array([0] * 3 + [1] * 50 + [2] * 2)
    train, test = stratified_split(y, 0.1, 0)
    assert set(y[train]) == set(y[test]) == {0, 1, 2}
    assert sorted([*train, *test]) == list(range(55))
