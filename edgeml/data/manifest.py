"""dataset.toml: what a data set is, where its files are, and their checksums."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.data.arrays import load_npz
from edgeml.data.dataset import Dataset, make_dataset
from edgeml.data.download import cache_folder, download
from edgeml.data.files import read_data_file
from edgeml.data.idx import parse_idx
from edgeml.errors import DataError
from edgeml.ir import Array
from edgeml.project import DATASET_FILE

FORMATS = ("idx", "npz", "inline")
_PARTS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class DataFile:
    """One file: `path` beside dataset.toml, or fetched from `url` to the cache when it is not there."""

    path: str
    sha256: str
    md5: str = ""
    url: str = ""


def load_manifest(folder: Path, *, seed: int, split: float, quiet: bool) -> Dataset:
    """The data set that `folder`/dataset.toml describes; raises DataError."""
    path = folder / DATASET_FILE
    table = _read_toml(path)
    name, labels = str(table.get("name", folder.name)), tuple(str(label) for label in table.get("labels", ()))
    licence = str(table.get("licence", ""))
    kind = table.get("format")
    if kind not in FORMATS:
        raise DataError(f"'{path}': format must be one of {', '.join(FORMATS)}. Got {kind!r}.")
    if kind == "inline":
        return _inline(path, table, name, labels, licence)
    files = _files(path, table, _PARTS if kind == "idx" else ("data",))
    if kind == "npz":
        place = _locate(folder, name, files["data"], quiet)
        # reading verifies the checksums
        read_data_file(place, sha256=files["data"].sha256, quiet=quiet)
        return load_npz(place, name=name, seed=seed, split=split, labels=labels, licence=licence)
    x_train, y_train, x_test, y_test = (_read_idx(folder, name, files[part], quiet) for part in _PARTS)
    return make_dataset(name, (x_train, y_train), (x_test, y_test), labels, licence)


def _read_idx(folder: Path, name: str, file: DataFile, quiet: bool) -> Array:
    place = _locate(folder, name, file, quiet)
    return parse_idx(read_data_file(place, sha256=file.sha256, md5=file.md5, quiet=quiet), str(place))


def _locate(folder: Path, name: str, file: DataFile, quiet: bool) -> Path:
    shipped = folder / file.path
    if shipped.is_file() or not file.url:
        return shipped
    return download(
        file.url, cache_folder(name) / Path(file.path).name, sha256=file.sha256, what=f"data set '{name}'", quiet=quiet
    )


def _files(path: Path, table: Mapping[str, Any], parts: tuple[str, ...]) -> Mapping[str, DataFile]:
    files = table.get("files", {})
    for part in parts:
        entry = files.get(part) if isinstance(files, dict) else None
        if not isinstance(entry, dict) or not {"path", "sha256"} <= set(entry) <= {"path", "sha256", "md5", "url"}:
            raise DataError(f"'{path}': [files.{part}] needs path and sha256, and may have md5 and url. Got {entry}.")
    return {part: DataFile(**{key: str(value) for key, value in files[part].items()}) for part in parts}


def _inline(path: Path, table: Mapping[str, Any], name: str, labels: tuple[str, ...], licence: str) -> Dataset:
    """A handful of samples written into the file itself; they are the training and the test part."""
    try:
        x, y = np.asarray(table["x"], np.float32), np.asarray(table["y"], np.int64)
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"'{path}': needs x, rows of equal length, and y, one label a row ({error}).") from None
    return make_dataset(name, (x, y), (x, y), labels, licence)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' is not valid TOML: {error}. Correct the file.") from None
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}.") from None
