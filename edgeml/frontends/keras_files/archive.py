"""A .keras file: a zip archive of a configuration and weights, read member by member and never unpacked."""

from __future__ import annotations

import copy
import io
import json
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.keras_files.build import keras_for, rebuilt
from edgeml.frontends.keras_files.config import MAX_CONFIG_BYTES, parse_config
from edgeml.frontends.keras_files.hdf5 import opened, size_limit

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MEMBERS = (_CONFIG, _METADATA, _WEIGHTS)


def load_archive(data: bytes, source: str) -> Any:
    """The Keras model of a .keras file's bytes. Raises ModelFormatError or UnsupportedError."""
    members = _read_members(data, source)
    config = parse_config(members[_CONFIG], source)
    keras = keras_for(_version(members[_METADATA], source), source)
    weights = members[_WEIGHTS]
    with opened(weights, f"{source}/{_WEIGHTS}") as (_, elements):
        pass

    def deserialize() -> Any:
        # Keras takes entries out of the dictionaries it reads
        return keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=True)

    def load(model: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
            path = Path(folder) / _WEIGHTS
            path.write_bytes(weights)
            model.load_weights(str(path))
        return model

    return rebuilt(deserialize, load, elements, source, keras)


def _read_members(data: bytes, source: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            for entry in entries:
                _check_entry(entry, source)
            names = [e.filename for e in entries if not e.is_dir()]
            if sorted(names) != sorted(_MEMBERS):
                raise ModelFormatError(
                    f"'{source}': a .keras archive holds {', '.join(_MEMBERS)}. Got {', '.join(names[:9]) or 'none'}. "
                    "Save it with model.save."
                )
            return {name: _read(archive, name, size_limit(len(data)), source) for name in _MEMBERS}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelFormatError(f"'{source}': damaged zip archive ({error}). Save the model again.") from None


def _check_entry(entry: zipfile.ZipInfo, source: str) -> None:
    name = entry.filename
    if name.startswith("assets/") and not entry.is_dir():
        raise UnsupportedError(
            f"'{source}': '{name}' is an asset of a preprocessing layer; these read files and are not loaded. Give the "
            "model without them."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ModelFormatError(f"'{source}': '{name}' is a symbolic link. Save the model again with model.save.")
    if name not in (*_MEMBERS, "assets/"):
        raise ModelFormatError(f"'{source}': '{name}' does not belong into a .keras archive. Save it with model.save.")


def _read(archive: zipfile.ZipFile, name: str, limit: int, source: str) -> bytes:
    limit = limit if name == _WEIGHTS else MAX_CONFIG_BYTES
    with archive.open(name) as stream:
        # the directory's sizes may lie
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise ModelFormatError(
            f"'{source}': '{name}' unpacks to more than {limit:,} bytes, which is not plausible. Save the model again."
        )
    return content


def _version(metadata: bytes, source: str) -> str:
    try:
        return str(json.loads(metadata)["keras_version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelFormatError(f"'{source}': {_METADATA} names no Keras version. Save the model again.") from None
