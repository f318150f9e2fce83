"""What `edgeml quantize --max-drop` prints: every recipe that was tried, and the chosen one."""

from __future__ import annotations

import typer

from edgeml.bench.record import Search, SearchPoint
from edgeml.cli.printing import add_row, console, plain_table
from edgeml.report import format as f


def print_search(search: Search) -> None:
    """The table, with what is beyond the budget, and which points no other beats."""
    columns = (
        "", "recipe", "accuracy", "95 % interval", "change", "flips", "McNemar p", "instructions", "flash", "RAM",
        "modelled time", "budget",
    )  # fmt: skip
    table = plain_table(*columns, right=tuple(range(2, 11)))
    for point in search.points:
        add_row(table, *_cells(point))
    typer.echo(f"searched for {search.budget}; accuracy on held-out samples, → chosen, · beaten by none")
    console().print(table)
    for point in search.points:
        if point.chosen:
            typer.echo(f.accuracy_line(f"chosen: {point.name}", point.accuracy))


def _cells(point: SearchPoint) -> tuple[str, ...]:
    a = point.accuracy
    mark = "→" if point.chosen else "·" if point.front else ""
    return (
        mark, point.name, f.figure(a), f.figure_interval(a), f.figure_change(a), f.count(a.flips),
        f.p_value(a.mcnemar_p), f.count(point.instructions), f.size(point.flash), f.size(point.ram),
        f.millis(point.ms), "; ".join(point.misses) or "within",
    )  # fmt: skip
