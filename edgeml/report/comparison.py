"""Two sets of records side by side: what changed in the figures of a core, and in which layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.bench.record import BenchFile, Layer, MemoryInfo, Record
from edgeml.report import format as f
from edgeml.report.terminal import plain_table, wide_console

if TYPE_CHECKING:
    from rich.console import Console

_MEMORY = ("flash", "code", "weights", "ram", "arena", "data_bss", "stack", "stack_bound")


@dataclass(frozen=True)
class Change:
    """A figure or a layer before and after; None where there is none. `what` tells how a layer is computed."""

    name: str
    before: int | None
    after: int | None
    what: str = ""
    cycles: tuple[int | None, int | None] = (None, None)

    @property
    def changed(self) -> bool:
        return self.before != self.after or self.cycles[0] != self.cycles[1] or "→" in self.what


@dataclass(frozen=True)
class Compared:
    """A record and the earlier one of the same model, variant, target and, where both say so, compiler and aim."""

    before: Record
    after: Record
    figures: tuple[Change, ...]
    layers: tuple[Change, ...]


def compare(earlier: BenchFile, later: BenchFile) -> tuple[tuple[Compared, ...], tuple[Record, ...]]:
    """Pairs of records with counted instructions, and the later records that have no earlier one."""
    pairs, alone = [], []
    for after in later.records:
        if after.instructions is None:
            continue
        before = _partner(after, earlier.records)
        if before is None:
            alone.append(after)
        else:
            pairs.append(Compared(before, after, tuple(_figures(before, after)), tuple(_layers(before, after))))
    return tuple(pairs), tuple(alone)


def print_comparison(earlier: BenchFile, later: BenchFile, console: Console | None = None) -> None:
    """For each pair of records its figures, and the layers that changed."""
    from rich.text import Text

    out = console or wide_console()
    pairs, alone = compare(earlier, later)
    out.print(Text(f"against the records of {earlier.environment.date}, edgeml {earlier.environment.edgeml}:"))
    for pair in pairs:
        title = _title(pair.after)
        figures = [c for c in pair.figures if c.changed]
        layers = [c for c in pair.layers if c.changed]
        if not figures and not layers:
            out.print(Text(f"{title}: nothing changed"))
            continue
        table = plain_table(title, "", "before", "after", "change", "cycles", "change", "kernel")
        for column in (1, 2, 3, 4, 5):
            table.columns[column].justify = "right"
        for change in (*figures, *layers):
            table.add_row(*(Text(cell) for cell in _cells(change)))
        out.print(table)
        out.print(Text(f"{len(layers)} of {len(pair.layers)} layers changed"))
    for record in alone:
        out.print(Text(f"{_title(record)}: not among the earlier records"))
    if not pairs and not alone:
        out.print(Text("no record has counted instructions: name a core with --target"))


def _partner(after: Record, records: Sequence[Record]) -> Record | None:
    """The earlier record of the same thing; the compiler's name and the aim tell several of them apart."""
    key = (after.model, after.variant, after.target)
    same = [r for r in records if r.instructions is not None and (r.model, r.variant, r.target) == key]

    def distance(record: Record) -> tuple[bool, bool]:
        return _compiler(record) != _compiler(after), record.optimize != after.optimize

    best = min(same, key=distance, default=None)
    if best is None or _compiler(best) != _compiler(after):
        return None
    # records of before said nothing of an aim
    return best if best.optimize in ("", after.optimize) or not after.optimize else None


def _compiler(record: Record) -> str:
    """The compiler's name without its version: a newer one is a change to look at, not another thing."""
    return record.runtime.compiler.split(" ")[0]


def _figures(before: Record, after: Record) -> Iterator[Change]:
    yield Change("instructions", before.instructions, after.instructions)
    if before.cycles is not None or after.cycles is not None:
        yield Change("modelled cycles", before.cycles, after.cycles)
    old, new = before.memory or MemoryInfo(), after.memory or MemoryInfo()
    for name in _MEMORY:
        yield Change(f"{name}, bytes", getattr(old, name), getattr(new, name))


def _layers(before: Record, after: Record) -> Iterator[Change]:
    old = {layer.name: layer for layer in before.layers}
    for layer in after.layers:
        yield _layer(old.pop(layer.name, None), layer)
    for layer in old.values():
        yield _layer(layer, None)


def _layer(before: Layer | None, after: Layer | None) -> Change:
    some = after or before
    assert some is not None
    kernels = [x.kernel or x.op for x in (before, after) if x is not None]
    # records of before named no kernels
    known = before is None or after is None or not before.kernel or kernels[0] == kernels[1]
    what = kernels[-1] if known else " → ".join(kernels)
    if before is None or after is None:
        what += " (new)" if before is None else " (gone)"
    old, new = before or Layer("", "", 0), after or Layer("", "", 0)
    return Change(some.name, old.instructions, new.instructions, what, (old.cycles, new.cycles))


def _cells(change: Change) -> tuple[str, ...]:
    cycles = change.cycles
    return (
        f.tail(change.name),
        f.count(change.before),
        f.count(change.after),
        f.change(change.before, change.after),
        "" if cycles == (None, None) else f"{f.count(cycles[0])} → {f.count(cycles[1])}",
        "" if cycles == (None, None) else f.change(*cycles),
        change.what,
    )


def _title(record: Record) -> str:
    parts = (record.model, record.variant, record.target, _compiler(record), record.optimize)
    return " · ".join(filter(None, parts))
