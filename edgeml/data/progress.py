"""Progress bars on stderr for what takes longer than a moment; nothing when quiet or not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


@contextmanager
def progress(text: str, total: int, *, unit: str = "", quiet: bool = False) -> Iterator[Advance]:
    """Show `text` with a bar up to `total` while the body runs; the body calls the yielded function with amounts.

    `unit` "bytes" shows sizes instead of counts. Where stderr is no terminal only results are worth a line, so
    nothing is drawn.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    amount_column = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), amount_column, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda amount: bar.advance(task, amount)
