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
    from rich.text import Text

    out = console or wide_console()
    for model in figures.models(bench.records):
        records = tuple(r for r in bench.records if r.model == model)
        out.print(_table(model, records))
        for record in records:
            if record.skipped:
                out.print(Text(f"{record.variant} on {record.target} did not run: {record.skipped}", "yellow"))
        for line in _verdict_lines(records):
            out.print(Text(line), soft_wrap=True)
        for line in _board_lines(records):
            out.print(Text(line), soft_wrap=True)


def print_layers(bench: BenchFile, console: Console | None = None) -> None:
    """Tables for each record of an emulated core: every layer's kernel, instructions and modelled cycles, and the
    functions of the image with their code and stack."""
    from rich.text import Text

    out = console or wide_console()
    for record in bench.records:
        if record.instructions is None or record.skipped:
            continue
        out.print(_layer_table(record))
        per_mac = f.decimal(figures.per_mac(record.instructions, figures.macs(record)), 2)
        total = f"{f.count(record.instructions)} instructions, {per_mac} a MAC"
        out.print(Text(total if record.cycles is None else f"{total}, {f.count(record.cycles)} modelled cycles"))
        if record.functions:
            out.print(_function_table(record))
        memory = record.memory
        if memory is not None and memory.stack is not None:
            out.print(Text(f"stack: {f.count(memory.stack)} bytes seen, {f.count(memory.stack_bound)} at most"))


def _function_table(record: Record) -> Table:
    from rich.text import Text

    table = plain_table("functions of the image", "function", "code", "frame", "stack", "instructions", "share")
    for column in (1, 2, 3, 4, 5):
        table.columns[column].justify = "right"
    for x in record.functions:
        share = f.percent(x.instructions / (record.instructions or 1), 1)
        cells = (x.name, f.count(x.code), f.count(x.frame), f.count(x.stack), f.count(x.instructions), share)
        table.add_row(*(Text(c) for c in cells))
    return table


def _layer_table(record: Record) -> Table:
    from rich.text import Text

    title = " · ".join(filter(None, (record.variant, record.target, record.runtime.compiler, record.optimize)))
    table = plain_table(title, "#", "layer", "kernel", "output", "MACs", "instructions", "/MAC", "share", "cycles")
    for column in (0, 4, 5, 6, 7, 8):
        table.columns[column].justify = "right"
    for i, layer in enumerate(record.layers):
        share = None if layer.instructions is None else layer.instructions / (record.instructions or 1)
        cells = (
            str(i),
            f.tail(layer.name),
            layer.kernel or layer.op,
            f.shape(layer.output_shape),
            f.count(layer.macs),
            f.count(layer.instructions),
            f.decimal(figures.per_mac(layer.instructions, layer.macs), 2),
            f.percent(share, 1),
            f.count(layer.cycles),
        )
        table.add_row(*(Text(c) for c in cells))
    return table


def plain_table(title: str, *columns: str) -> Table:
    """A table with a header line only; the title comes from a file and is never markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def wide_console() -> Console:
    """A console as wide as the terminal, or wide when there is none."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


def _table(model: str, records: tuple[Record, ...]) -> Table:
    from rich.text import Text

    columns = ["variant", "target", "accuracy %", "95 % interval", "n", "Δ points", "flips", "p", "outputs", "latency"]
    if any(r.accuracy is not None and r.accuracy.metric != "top1" for r in records):
        columns = ["accuracy" if c == "accuracy %" else "Δ" if c == "Δ points" else c for c in columns]
    emulated = any(r.instructions is not None for r in records)
    if emulated:
        columns += ["instructions", "/MAC", "cycles", "time on board", "flash", "RAM"]
    table = plain_table(model, *columns)
    for i, column in enumerate(table.columns):
        column.justify = "left" if i < 2 or column.header == "outputs" else "right"
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
        f.figure(got).removesuffix(" %"),
        f.figure_interval(got),
        f.count(got.n) if got else f.DASH,
        f.figure_change(got),
        f.count(got.flips) if got else f.DASH,
        f.p_value(got.mcnemar_p) if got else f.DASH,
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


def _verdict_lines(records: tuple[Record, ...]) -> list[str]:
    """How good each variant is, beside float32 where that was measured too, on the target that ran the most samples."""
    best = ((v, figures.leading(figures.of_variant(records, v)).accuracy) for v in figures.variants(records))
    return [f.accuracy_line(variant, a) for variant, a in best if a is not None]


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
