"""Fetching the files of a data set that is not shipped: over HTTP, with progress, checked, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from edgeml.data.files import check
from edgeml.data.progress import progress
from edgeml.errors import DataError
from edgeml.files import writing

_PIECE = 1 << 16
_TIMEOUT_SECONDS = 30
_SCHEMES = ("http", "https", "file")


def cache_folder(dataset: str) -> Path:
    """Where downloaded files of `dataset` lie: the user's cache folder, as the XDG convention says."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "edgeml" / "datasets" / dataset


def download(url: str, path: Path, *, sha256: str, what: str, quiet: bool = False) -> Path:
    """Fetch `url` to `path` unless it lies there; DataError when offline, refused, or of another checksum.

    `what` names it in messages. An empty `sha256` says that none is known; the caller then checks what came.
    """
    if path.is_file():
        return path
    if urllib.parse.urlsplit(url).scheme not in _SCHEMES:
        raise DataError(f"{what}: '{url}' must be an http, https or file address. Correct dataset.toml.")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            digest = _fetch(url, stream, path, what, quiet)
        if sha256:
            check(temporary.with_name(path.name), "SHA-256", digest, sha256)
        with writing(path):
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _fetch(url: str, stream: BinaryIO, path: Path, what: str, quiet: bool) -> str:
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            with progress(f"Downloading {path.name}", total, unit="bytes", quiet=quiet) as done:
                while piece := answer.read(_PIECE):
                    digest.update(piece)
                    with writing(path):
                        stream.write(piece)
                    done(len(piece))
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"{what} is not on this machine and '{url}' cannot be fetched ({reason}). Connect to the "
            f"network, or put the file at '{path}'."
        ) from None
    return digest.hexdigest()
