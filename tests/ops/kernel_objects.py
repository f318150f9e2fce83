"""C kernels as object files of gcc, each compiled once in a run of the tests, by whichever process needs it first."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from edgeml.backends.c99.emit import KERNELS

# the folder that the processes of a run share; tests/conftest.py makes and removes it
FOLDER = "EDGEML_TEST_OBJECTS"
# for libraries: compilers for the host may use every promise that a kernel makes at this level
LIBRARY = ("-std=c99", "-O3", "-fPIC", "-ffp-contract=off")


def kernel_objects(names: Sequence[str], flags: Sequence[str]) -> list[Path]:
    """Object files of the kernels `names`. Of several processes each compiles what no other one has begun."""
    wanted = {_object(name, flags): name for name in names}
    for wait in (False, True):
        for path, name in wanted.items():
            once(path, partial(_compile, name, flags), wait=wait)
    return list(wanted)


def shared_path(stem: str, *parts: str) -> Path:
    """A file of this run that is named for what it is made from."""
    return _folder() / f"{stem}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"


def once(path: Path, make: Callable[[Path], None], *, wait: bool = True) -> Path:
    """`path`, made by `make` unless it is there. Without `wait` it may be missing: another process makes it now."""
    if not path.exists():
        with _held(path.with_suffix(".lock"), wait) as held:
            if held and not path.exists():
                begun = path.with_suffix(".begun")
                make(begun)
                begun.replace(path)
    return path


@contextmanager
def _held(lock: Path, wait: bool) -> Iterator[bool]:
    """Whether this process has the lock, which it gives up at its end, however that comes."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def _object(name: str, flags: Sequence[str]) -> Path:
    """Where the object of a kernel lies; definitions that its text never names change nothing."""
    text = _text(f"{name}.c")
    matter = [f for f in flags if not f.startswith("-D") or f[2:].partition("=")[0] in text]
    path = shared_path(name, *matter, text)
    return path.with_name(f"{path.name}.o")


def _compile(name: str, flags: Sequence[str], to: Path) -> None:
    subprocess.run(["gcc", *flags, "-c", str(KERNELS / f"{name}.c"), "-o", str(to)], check=True, timeout=300)


@cache
def _text(file: str) -> str:
    """A source with all headers that it includes, by their names or by macros that stand for these."""
    texts, todo = dict[str, str](), [file]
    while todo:
        if (name := todo.pop()) not in texts:
            texts[name] = (KERNELS / name).read_text()
            todo += re.findall(r'"(\w+\.h)"', texts[name])
    return "".join(texts.values())


@cache
def _own_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="edgeml-objects-")


def _folder() -> Path:
    return Path(os.environ.get(FOLDER) or _own_folder().name)
