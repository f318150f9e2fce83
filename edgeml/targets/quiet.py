"""Keeps runtimes that print from native code off the user's terminal, and keeps what they said for errors."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, Any


@contextlib.contextmanager
def captured() -> Iterator[IO[Any]]:
    """Send file descriptors 1 and 2 of the process into a temporary file while the body runs.

    The file is yielded so that an error can quote the last line; `last_line` reads it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(fd) for fd in (1, 2)]
    with tempfile.TemporaryFile() as sink:
        try:
            for fd in (1, 2):
                os.dup2(sink.fileno(), fd)
            yield sink
        finally:
            # Python's own buffers belong to the body that filled them
            sys.stdout.flush()
            sys.stderr.flush()
            for fd, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, fd)
                os.close(copy)


def last_line(sink: IO[Any]) -> str:
    """The last line that was printed, without the runtime's prefix; empty when there was none."""
    sink.seek(0)
    lines = [line for line in sink.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ").strip() if lines else ""
