"""Silence for converters that write to the process's stdout and stderr from C++."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def silenced() -> Iterator[None]:
    """Send file descriptors 1 and 2 to nowhere while the body runs; exceptions pass."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with Path(os.devnull).open("wb") as noise:
        try:
            os.dup2(noise.fileno(), 1)
            os.dup2(noise.fileno(), 2)
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, descriptor)
                os.close(copy)


def quiet_tensorflow() -> None:
    """Keep TensorFlow's start-up messages off stderr; works only before its first import, and never overrides a user."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
