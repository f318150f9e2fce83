"""Silence for converters that write to the process's stdout and stderr from C++."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeml.extras import require


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


def import_tensorflow() -> Any:
    """TensorFlow, its import's messages silenced; MissingDependencyError when it is not installed."""
    with silenced():
        return require("tensorflow", "keras")
