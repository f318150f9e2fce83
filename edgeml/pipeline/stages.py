"""Stages of a build: a stage whose inputs did not change is not done again.

Each stage has a folder `<name>-<key>` below the cache, where `key` is the hash of everything it depends on. The
marker `done.json` is written last: a folder without it is unfinished work, which the stage may continue from its
own checkpoints.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeml.files import write_json, writing

MARKER = "done.json"


@dataclass(frozen=True)
class Stage:
    """Result of a stage: its folder, its key, and whether an earlier run had done it."""

    name: str
    folder: Path
    key: str
    reused: bool


@dataclass(frozen=True)
class Cache:
    """Stages of one build below `folder`; `force` does each one again."""

    folder: Path
    force: bool = False

    def run(self, name: str, inputs: Mapping[str, str], work: Callable[[Path], None]) -> Stage:
        """Do `work` in the stage's folder unless it is done for the same `inputs` (names to hashes or values)."""
        key = digest(json.dumps(dict(sorted(inputs.items()))).encode())[:16]
        folder = self.folder / f"{name}-{key}"
        if self.force:
            shutil.rmtree(folder, ignore_errors=True)
        if (folder / MARKER).is_file():
            return Stage(name, folder, key, True)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        work(folder)
        write_json(folder / MARKER, {"stage": name, "inputs": dict(sorted(inputs.items()))})
        for old in self.folder.glob(f"{name}-*"):
            if old != folder and old.name.removeprefix(f"{name}-").isalnum():
                shutil.rmtree(old, ignore_errors=True)
        return Stage(name, folder, key, False)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_files(*roots: Path, suffixes: tuple[str, ...] = ()) -> str:
    """Hash of the names and contents of all files below `roots` (only `suffixes` when given), order-independent."""
    total = hashlib.sha256()
    for root in roots:
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in files:
            if "__pycache__" in path.parts or (suffixes and path.suffix not in suffixes):
                continue
            total.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def code_digest(*packages: str) -> str:
    """Hash of the sources of edgeml's own sub-packages: changed code makes a stage run again."""
    root = Path(__file__).resolve().parent.parent
    return digest_files(*(root / p for p in packages), suffixes=(".py", ".c", ".h", ".j2", ".toml"))
