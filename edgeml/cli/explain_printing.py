"""What `edgeml quantize --explain` prints."""

from __future__ import annotations

import sys

import typer

from edgeml.bench.record import Explanation, LayerLoss, Record
from edgeml.cli.printing import add_row, console, plain_table
from edgeml.errors import UsageError
from edgeml.report import format as f

# changed samples that are listed; the JSON has all
_FLIPS = 20


def restored_layers(text: str | None) -> int | None:
    """The number of --explain-layers; UsageError for what is neither a positive number nor "all"."""
    if text is None:
        return None
    if text == "all":
        return sys.maxsize
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--explain-layers: must be a number from 1, or all. Got '{text}'.")
    return int(text)


def print_explanation(record: Record, *, every_layer: bool) -> None:
    """Accuracy with its statistics, the layers that cost most (or all), classes, changed samples, the reasons."""
    why = record.explanation
    assert why is not None
    _print_layers(why, every_layer=every_layer)
    for layer in why.ranked:
        for reason in layer.reasons:
            typer.echo(f"{f.tail(layer.name)}: {reason}")
    _print_classes(why)
    _print_flips(why)
    a = record.accuracy
    if a is not None:
        typer.echo(f.accuracy_line("int8 on test samples", a))
    typer.echo(f"scores: {f.decimal(why.scores_db)} dB SQNR on {why.samples:,} samples")
    typer.echo(f"cause: {why.summary}")


def _print_layers(why: Explanation, *, every_layer: bool) -> None:
    columns = ("layer", "operator", "SQNR dB", "share", "alone: points", "flips", "scores dB", "restored: points",
               "flips", "scores dB")  # fmt: skip
    table = plain_table(*columns, right=tuple(range(2, len(columns))))
    shown = why.layers if every_layer else [layer for layer in why.ranked if layer.restored_db is not None]
    for layer in shown:
        add_row(table, *_cells(layer))
    console().print(table)
    left, restored = len(why.layers) - len(shown), sum(layer.restored_db is not None for layer in why.layers)
    if left:
        typer.echo(
            f"{left} more layers cost less and were not restored (--explain-layers all restores each); -v shows them."
        )
    elif restored < len(why.layers):
        typer.echo(f"the {restored} costliest layers were restored; --explain-layers all restores each.")


def _cells(layer: LayerLoss) -> tuple[str, ...]:
    return (
        f.tail(layer.name), layer.op, f.decimal(layer.sqnr_db), f.percent(layer.share, 1),
        _points(layer.alone_points), f.count(layer.alone_flips), f.decimal(layer.alone_db),
        _points(layer.restored_points), f.count(layer.restored_flips), f.decimal(layer.restored_db),
    )  # fmt: skip


def _points(value: float | None) -> str:
    return f.points(None if value is None else value / 100)


def _print_classes(why: Explanation) -> None:
    if not why.classes:
        return
    table = plain_table("class", "samples", "right float32", "right int8", "flips", right=(1, 2, 3, 4))
    for c in why.classes:
        add_row(table, c.name, f.count(c.n), f.count(c.float_correct), f.count(c.correct), f.count(c.flips))
    console().print(table)


def _print_flips(why: Explanation) -> None:
    for s in why.flips[:_FLIPS]:
        typer.echo(
            f"sample {s.sample}: {s.truth}, float32 says {s.float_prediction}, int8 {s.prediction} "
            f"(float32 margin {s.margin:.3g})"
        )
    if len(why.flips) > _FLIPS:
        typer.echo(f"{len(why.flips) - _FLIPS} more samples changed; --json has all.")
