"""External tensor data: only regular files inside the model's folder, reached without any link."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

from edgeml.errors import ModelFormatError

# tied weights may name the same bytes twice; much more than that is an attack on memory
_REPEATS = 2


class ExternalData:
    """The files beside a model, each read once. `folder` None means that the model came without a folder."""

    def __init__(self, folder: Path | None, source: str) -> None:
        self._folder = folder
        self._source = source
        self._files: dict[str, bytes] = {}
        self._taken = 0

    def read(self, tensor: str, entries: Mapping[str, str], expected: int) -> memoryview:
        """The `expected` bytes that `entries` (location, offset, length) name. Raises ModelFormatError."""
        content = self._content(tensor, entries.get("location", ""))
        offset = self._number(tensor, entries, "offset", 0)
        length = self._number(tensor, entries, "length", expected)
        if length != expected:
            raise self._error(tensor, f"needs {expected} bytes, the file names {length}")
        if offset > len(content) or length > len(content) - offset:
            raise self._error(tensor, f"bytes {offset} to {offset + length} are outside a file of {len(content)}")
        self._taken += length
        if self._taken > _REPEATS * sum(map(len, self._files.values())):
            raise self._error(tensor, "the same bytes are named again and again")
        return memoryview(content)[offset : offset + length]

    def _number(self, tensor: str, entries: Mapping[str, str], key: str, default: int) -> int:
        text = entries.get(key, "")
        if not text:
            return default
        # str.isdigit alone accepts digits that int() does not
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise self._error(tensor, f"{key} must be a number of bytes. Got '{text[:40]}'")
        return int(text)

    def _content(self, tensor: str, location: str) -> bytes:
        if location not in self._files:
            self._files[location] = self._open(tensor, location)
        return self._files[location]

    def _open(self, tensor: str, location: str) -> bytes:
        if self._folder is None:
            raise self._error(tensor, "the model was given as bytes, without a folder. Give its path")
        path = self._checked(tensor, location)
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise self._error(tensor, f"'{location}' is not a regular file")
                if status.st_nlink > 1:
                    raise self._error(tensor, f"'{location}' has more than one name (a hard link). Copy the file")
                return stream.read()
        except OSError as error:
            raise self._error(tensor, f"'{location}' cannot be read ({error.strerror})") from None

    def _checked(self, tensor: str, location: str) -> Path:
        """The path of `location`, after every part of it was found inside the folder and not a link."""
        parts = location.split("/")
        windows = PureWindowsPath(location)
        unsafe = windows.drive or windows.root or "\\" in location or "\0" in location or ".." in parts
        if not location or unsafe or location.startswith("/"):
            raise self._error(tensor, f"the location '{location[:80]}' must be a relative path inside the folder")
        assert self._folder is not None
        root = self._folder.resolve()
        path = root
        for part in parts:
            path = path / part
            try:
                mode = path.lstat().st_mode
            except OSError as error:
                raise self._error(tensor, f"'{location}' cannot be read ({error.strerror})") from None
            if stat.S_ISLNK(mode):
                raise self._error(tensor, f"'{location}' is or passes a symbolic link. Copy the file into the folder")
        if not stat.S_ISREG(mode):
            raise self._error(tensor, f"'{location}' is not a regular file")
        if not path.resolve().is_relative_to(root):
            raise self._error(tensor, f"'{location}' is outside the folder")
        return path

    def _error(self, tensor: str, what: str) -> ModelFormatError:
        return ModelFormatError(
            f"'{self._source}': external data of tensor '{tensor}': {what}. Save the model with its data inside."
        )
