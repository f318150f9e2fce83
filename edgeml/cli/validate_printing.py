"""What `edgeml validate` prints: runners, pairs, layers that differ, accumulators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from edgeml.cli.printing import add_row, console, plain_table
from edgeml.report import format as f

if TYPE_CHECKING:
    from rich.table import Table

    from edgeml.bench.record import Accuracy
    from edgeml.validate.accumulators import AccumulatorBound
    from edgeml.validate.layers import LayerDifference
    from edgeml.validate.result import PairResult, RunnerResult, Validation

_NAME = 60


def print_validation(found: Validation) -> None:
    """All tables on stdout."""
    typer.echo(f"{found.graph.name}: {found.inputs}")
    out = console()
    out.print(_runners(found.runners))
    print_accuracies(found.runners)
    for s in found.skipped:
        typer.echo(f"not run: {s.name}: {s.reason}")
    out.print(_pairs(found.pairs))
    _print_differences(found.pairs)
    if found.accumulators:
        out.print(_accumulators(found.accumulators))
    typer.echo(_summary(found))


def _runners(runners: tuple[RunnerResult, ...]) -> Table:
    table = plain_table(
        "runner", "version", "samples", "min", "mean", "max", "accuracy", "flips", right=(2, 3, 4, 5, 6, 7)
    )
    for r in runners:
        times = ("", "", "")
        if r.durations is not None:
            times = tuple(_time(t) for t in (r.durations.minimum, r.durations.mean, r.durations.maximum))  # type: ignore[assignment]
        elif r.cost is not None:
            cycles = "" if r.cost.cycles is None else f"{r.cost.cycles:,} cycles"
            times = (f"{r.cost.instructions:,} instructions", cycles, "")
        right, flips = "", ""
        if r.accuracy is not None:
            right = f.figure(r.accuracy) if r.correct is None else f"{r.correct:,} of {r.accuracy.n:,}"
        if r.against is not None and r.against.flips is not None:
            flips = f.count(r.against.flips)
        version = r.runtime.compiler or f"{r.runtime.name} {r.runtime.version}"
        version += " BUILTIN_REF" if "BUILTIN_REF" in r.runtime.flags else ""
        add_row(table, r.name, version, str(r.samples), *times, right, flips)
    return table


def print_accuracies(runners: tuple[RunnerResult, ...]) -> None:
    """A line for each accuracy with its statistics; runners that agree in all of it share one."""
    seen: dict[str, list[str]] = {}
    for r in runners:
        if r.accuracy is not None:
            a = r.accuracy if r.against is None or not _differs(r.against) else r.against
            seen.setdefault(f.accuracy_line("", a, "the reference"), []).append(r.name)
    for text, names in seen.items():
        typer.echo(f"{', '.join(names)}{text}")


def _differs(against: Accuracy) -> bool:
    return bool(against.flips if against.metric == "top1" else against.delta)


def _pairs(pairs: tuple[PairResult, ...]) -> Table:
    table = plain_table(
        "runner", "against", "samples", "differ", "outputs differ", "of", "max codes", "max real", "cosine", "verdict",
        right=(2, 3, 4, 5, 6, 7, 8),
    )  # fmt: skip
    for p in pairs:
        d = p.difference
        cells = (str(d.samples), str(len(d.differing)), str(d.mismatched), str(d.elements))
        sizes = (f"{d.max_codes:g}", f"{d.max_real:.3g}", f"{d.cosine:.7f}")
        add_row(table, p.first_name, p.second_name, *cells, *sizes, p.verdict)
    return table


def _print_differences(pairs: tuple[PairResult, ...]) -> None:
    """First layer and causes; pairs with the same findings share a line."""
    seen: dict[str, list[str]] = {}
    for p in pairs:
        if p.first is None and not p.causes and not p.note:
            continue
        seen.setdefault("\n".join(_findings(p)), []).append(f"{p.first_name} - {p.second_name}")
    for text, names in seen.items():
        typer.echo(f"{', '.join(names)}:\n{text}\n")


def _findings(pair: PairResult) -> list[str]:
    lines = []
    if pair.first is not None:
        lines.append(f"  first layer that differs: {_layer(pair.first)}")
    lines += [
        f"  on its own inputs: {_layer(c)}, BEYOND its bound of {c.allowed:g}" for c in pair.causes if not c.within
    ]
    lines += _by_operator([c for c in pair.causes if c.within])
    if pair.verdict == "within bound":
        lines.append("  Every operator, given the runner's own inputs, keeps its bound; later layers add the rest.")
    if pair.note:
        lines.append(f"  {pair.note}")
    return lines


def _by_operator(causes: list[LayerDifference]) -> list[str]:
    """One line an operator: several layers of one kind have one cause."""
    lines = []
    for op, reason in dict.fromkeys((c.op, c.reason) for c in causes):
        mine = [c for c in causes if (c.op, c.reason) == (op, reason)]
        layers = f"in {len(mine)} layers" if len(mine) > 1 else f"'{_short(mine[0].tensor)}'"
        worst = max(mine, key=lambda c: c.largest)
        lines.append(
            f"  cause: {op} {layers}: {sum(c.mismatched for c in mine)} of {sum(c.elements for c in mine)} differ "
            f"on their own inputs, by {worst.largest:g} at most, within the bound of {worst.allowed:g}: {reason}"
        )
    return lines


def _short(name: str) -> str:
    """Long names of fused layers keep their start and end."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2 - 1]}…{name[-_NAME // 2 :]}"


def _layer(d: LayerDifference) -> str:
    return f"{d.op} '{_short(d.tensor)}': {d.mismatched} of {d.elements} differ, by {d.largest:g} at most"


def _accumulators(bounds: tuple[AccumulatorBound, ...]) -> Table:
    table = plain_table("layer", "operator", "channel", "largest |accumulator|", "head-room", right=(2, 3, 4))
    for b in bounds:
        add_row(
            table,
            _short(b.name),
            b.op,
            str(b.channel),
            f"{b.bound:,}",
            f"{b.headroom_bits:.1f} bits",
            marked=not b.overflows,
        )
    return table


def _summary(found: Validation) -> str:
    same = sum(p.verdict == "identical" for p in found.pairs)
    bad = sum(not p.passed for p in found.pairs)
    text = f"{len(found.pairs)} pairs: {same} identical, {len(found.pairs) - same - bad} within bounds, {bad} beyond"
    if found.accumulators:
        least = min(found.accumulators, key=lambda b: b.headroom_bits)
        word = "CAN overflow" if least.overflows else "can overflow for no input"
        text += (
            f"; int32 accumulators {word}: {least.headroom_bits:.1f} bits of head-room or more ({_short(least.name)})"
        )
    return text


def _time(micros: float) -> str:
    return f"{micros / 1000:.2f} ms" if micros >= 1000 else f"{micros:.1f} us"
