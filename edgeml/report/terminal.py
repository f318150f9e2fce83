"""The records as one summary table in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from edgeml.bench.record import BenchFile, Record
from edgeml.report import figures
from edgeml.report import format as f

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# wide enough that nothing is cut when stdout is a file or a pipe
_PIPE_WIDTH = 200


def print_summary(bench: BenchFile, console: Console | None = None) -> None:
    """One table a model: each variant on each target; what could not run is named with its reason."""
    from rich.console import Console
    from rich.text import Text

    out = console or (Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH))
    for model in figures.models(bench.records):
        records = tuple(r for r in bench.records if r.model == model)
        out.print(_table(model, records))
        for record in records:
            if record.skipped:
                out.print(Text(f"{record.variant} on {record.target} did not run: {record.skipped}", "yellow"))
        for line in _board_lines(records):
            out.print(Text(line))


def _table(model: str, records: tuple[Record, ...]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    columns = ["variant", "target", "accuracy %", "95 % interval", "Δ points", "flips", "outputs", "latency"]
    emulated = any(r.instructions is not None for r in records)
    if emulated:
        columns += ["instructions", "/MAC", "cycles", "time on board", "flash", "RAM"]
    # the model's name comes from a file: never markup
    table = Table(title=Text(model), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < 2 or column == "outputs" else "right", no_wrap=True)
    previous = None
    for record in records:
        if record.skipped:
            continue
        cells = [record.variant if record.variant != previous else "", *_cells(record, emulated)]
        table.add_row(*(Text(c) for c in cells))
        previous = record.variant
    return table


def _cells(record: Record, emulated: bool) -> list[str]:
    got, memory = record.accuracy, record.memory
    cells = [
        record.target,
        f"{100 * got.value:.2f}" if got else f.DASH,
        f.interval(got.ci95) if got else f.DASH,
        f.points(got.delta) if got else f.DASH,
        f.count(got.flips) if got else f.DASH,
        figures.agreement_text(record),
        f.micros(record.latency.median) if record.latency and record.latency.unit == "us" else f.DASH,
    ]
    if emulated:
        board = figures.fastest_board(record)
        cells += [
            f.count(record.instructions),
            f.decimal(figures.per_mac(record.instructions, figures.macs(record)), 2),
            f.count(record.cycles),
            f"{f.millis(board.ms)} {board.name}" if board else f.DASH,
            f.size(memory.flash) if memory else f.DASH,
            f.size(memory.ram) if memory else f.DASH,
        ]
    return cells


def _board_lines(records: tuple[Record, ...]) -> list[str]:
    """What the delivered variant (the last) takes of each board."""
    last = figures.of_variant(records, figures.variants(records)[-1])
    lines = []
    for record in last:
        for board in record.boards:
            verdict = "fits" if board.fits else "DOES NOT FIT"
            time = "" if board.ms is None else f", {f.millis(board.ms)} an inference"
            lines.append(
                f"{record.variant} on {board.name}: {verdict}: {100 * board.flash:.1f} % of flash, "
                f"{100 * board.ram:.1f} % of RAM{time}"
            )
    return lines
