"""Reading data files: with progress, decompressed, checksums verified."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import zlib
from pathlib import Path

from edgeml.data.progress import progress
from edgeml.errors import DataError

_PIECE = 1 << 20


def read_data_file(path: Path, *, sha256: str = "", md5: str = "", quiet: bool = False) -> bytes:
    """The content of `path`, decompressed when it ends in .gz or .xz; raises DataError.

    `sha256` is that of the file as it lies there, `md5` that of the decompressed content; "" skips the check.
    """
    try:
        data = _read(path, quiet)
        check(path, "SHA-256", hashlib.sha256(data).hexdigest(), sha256)
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.suffix == ".xz":
            data = lzma.decompress(data)
    except FileNotFoundError:
        raise DataError(f"data file '{path}' does not exist. Check the path, or install the data set again.") from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise DataError(f"data file '{path}' is damaged ({error}). Get it again.") from None
    except OSError as error:
        raise DataError(f"data file '{path}' cannot be read: {error.strerror or error}.") from None
    check(path, "MD5", hashlib.md5(data, usedforsecurity=False).hexdigest() if md5 else "", md5)
    return data


def check(path: Path, kind: str, got: str, expected: str) -> None:
    """Raise DataError when `expected` is given and differs."""
    if expected and got != expected:
        raise DataError(
            f"data file '{path}': its {kind} must be {expected}. Got {got}. The file is damaged or another one: delete "
            "it and get it again."
        )


def _read(path: Path, quiet: bool) -> bytes:
    pieces = []
    with (
        path.open("rb") as stream,
        progress(f"Reading {path.name}", path.stat().st_size, unit="bytes", quiet=quiet) as done,
    ):
        while piece := stream.read(_PIECE):
            pieces.append(piece)
            done(len(piece))
    return b"".join(pieces)
