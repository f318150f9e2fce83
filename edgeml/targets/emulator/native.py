"""C of this folder as shared libraries of the host: compiled once, kept in a cache of the user."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgeml.errors import ToolchainError
from edgeml.targets.toolchain import compile_shared_library, find_toolchain, shared_library_suffix


def compiled(source: Path, flags: Sequence[str] = ()) -> Path:
    """The library of `source`, from the cache or made now; ToolchainError without a C compiler."""
    key = hashlib.sha256(_text(source) + " ".join((platform.system(), platform.machine(), *flags)).encode())
    name = f"{source.stem.replace('_', '-')}-{key.hexdigest()[:16]}{shared_library_suffix()}"
    for folder in _cache_folders():
        target = folder / name
        if target.is_file():
            return target
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as work:
                _compile(source, Path(work) / name, flags).replace(target)
        except OSError:
            continue  # not writable: the next folder
        return target
    raise ToolchainError("emulator: no folder for the compiled counting hook is writable. Set XDG_CACHE_HOME to one.")


def _text(source: Path) -> bytes:
    """The source with the files that it includes from its folder."""
    text = source.read_bytes()
    included = re.findall(rb'^#include "([^"]+)"', text, re.MULTILINE)
    return text + b"".join(_text(source.with_name(name.decode())) for name in included)


def _compile(source: Path, output: Path, flags: Sequence[str]) -> Path:
    try:
        toolchain = find_toolchain("zig")
    except ToolchainError:
        toolchain = find_toolchain("gcc")
    return compile_shared_library(toolchain, [source], output, flags=flags)


def _cache_folders() -> tuple[Path, ...]:
    home = os.environ.get("XDG_CACHE_HOME")
    first = Path(home) if home else Path.home() / ".cache"
    user = os.getuid() if hasattr(os, "getuid") else 0
    return first / "edgeml", Path(tempfile.gettempdir()) / f"edgeml-{user}"
