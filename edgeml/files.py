"""Reading and writing files: whole or not at all, with errors that name the path and the remedy."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, OutputError


def read_bytes(path: Path, what: str = "file") -> bytes:
    """The content of `path`; ModelFormatError when it is missing, a folder, or not readable."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelFormatError(f"{what} '{path}' does not exist. Check the path.") from None
    except IsADirectoryError:
        raise ModelFormatError(f"{what} '{path}' is a folder. Give a file.") from None
    except OSError as error:
        raise ModelFormatError(f"{what} '{path}' cannot be read: {error.strerror}.") from None


def parse_json(data: bytes, what: str, remedy: str) -> Any:
    """The value of a JSON document; ModelFormatError, opened by `what`, when it is none or nested without end."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ModelFormatError(f"{what} is nested too deeply. {remedy}") from None
    except ValueError as error:
        raise ModelFormatError(f"{what} is not JSON ({error}). {remedy}") from None


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` to a temporary file beside `path` and rename it, so that no reader sees half a file."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            # mkstemp makes private files; results are ordinary ones
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text whole or not at all."""
    return write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> Path:
    """Write JSON with sorted structure as given, two spaces, a final newline."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn OSErrors of the body into OutputError naming `path` and what to do."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror or error}. {_remedy(error)}") from None


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some disk space, or choose another place with -o."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Choose a folder that you may write to with -o."
    return "Choose another place with -o."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
