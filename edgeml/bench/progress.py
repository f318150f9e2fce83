"""Progress of a benchmark on stderr; nothing at all when it is to be quiet."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class Progress:
    """A bar a task; a context manager."""

    def __init__(self, quiet: bool) -> None:
        self._bars: Any = None
        if not quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
            )

    def __enter__(self) -> Progress:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def task(self, title: str, total: int) -> int:
        """A new bar; returns its number."""
        return 0 if self._bars is None else int(self._bars.add_task(title, total=total))

    def advance(self, task: int, count: int) -> None:
        if self._bars is not None:
            self._bars.advance(task, count)

    def done(self, task: int) -> None:
        """Stop the clock of a task that ended early."""
        if self._bars is not None:
            self._bars.stop_task(task)
