"""What the read-only commands print: plain tables that also read well in a pipe, and JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# wide enough that nothing is cut when stdout is a file or a pipe
_PIPE_WIDTH = 240


def console() -> Console:
    """A console on stdout, as wide as the terminal, or wide when there is none."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


def plain_table(*columns: str, right: tuple[int, ...] = ()) -> Table:
    """A table with a header line only; `right` numbers the columns that hold figures."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i in right else "left", overflow="fold")
    return table


def add_row(table: Table, *cells: str, marked: bool | None = None) -> None:
    """Add a row of plain text (names may hold square brackets); `marked` colours the first cell green or red."""
    from rich.text import Text

    texts = [Text(cell) for cell in cells]
    if marked is not None:
        texts[0].stylize("green" if marked else "red")
    table.add_row(*texts)


def print_json(value: Any) -> None:
    """`value` (dataclasses, lists, plain values) as JSON on stdout."""
    typer.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value
