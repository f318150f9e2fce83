"""`edgeml quantize --max-drop`: the cheapest recipe within a budget, found on held-out samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer

from edgeml.errors import UsageError
from edgeml.ir import Array

if TYPE_CHECKING:
    from edgeml.bench.record import Accuracy, Record
    from edgeml.ir import Graph
    from edgeml.quantize import QuantizeResult, Recipe
    from edgeml.search import Limits

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}


@dataclass(frozen=True)
class BudgetOptions:
    """The flags of the search as they were given."""

    max_drop: float
    target: str | None
    max_flash: str | None
    max_ram: str | None
    max_latency: float | None
    cheapest: str
    optimize: str
    toolchain: str
    held_out: int
    held_out_data: str | None


def search(
    options: BudgetOptions, graph: Graph, recipe: Recipe, data: str, samples: int, scale: float, seed: int,
    output: Path, quiet: bool,
) -> tuple[QuantizeResult, Record]:  # fmt: skip
    """Searches and prints; exit code 1 with the nearest miss where nothing is within the budget."""
    from edgeml.cli.common import check_optimize, check_toolchain, scaled, test_accuracy
    from edgeml.cli.search_printing import print_search
    from edgeml.report.format import accuracy_line
    from edgeml.search import quantize_to_budget
    from edgeml.search.cost import pricing
    from edgeml.search.order import check_cheapest
    from edgeml.search.record import record_of

    target = options.target or "cortex-m4"
    limits = limits_of(options)
    cheapest, toolchain = check_cheapest(options.cheapest), check_toolchain(options.toolchain)
    prices = pricing(target, check_optimize(options.optimize))
    x, held_x, held_y = _samples(options, graph, data, samples, seed, quiet)
    found = quantize_to_budget(
        graph, scaled(x, scale), scaled(held_x, scale), held_y, limits, target,
        recipe=recipe, prices=prices, cheapest=cheapest, toolchain=toolchain,
        memo=output.with_suffix(".search.json"), quiet=quiet,
    )  # fmt: skip
    judged = test_accuracy(found.result, data, scale, seed, quiet)
    record = record_of(found, limits, target, judged)
    assert record.search is not None
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    print_search(record.search)
    if not found.fits:
        typer.echo(
            f"edgeml: nothing is within the budget ({record.search.budget}). The nearest miss is {found.chosen.name}: "
            f"{'; '.join(found.chosen.misses)}. Allow more, prune the model, or choose another target.",
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(accuracy_line("on test samples", judged))
    note = _training_note(found.chosen.accuracy, judged)
    if note and options.held_out_data is None:
        typer.echo(note, err=True)
    if found.chosen.cost.optimize != options.optimize:
        typer.echo(f"compile it with --optimize {found.chosen.cost.optimize}: with that it is within the budget")
    return found.result, record


def _training_note(held_out: Accuracy, test: Accuracy) -> str:
    """A warning where the model knows the held-out samples from its training, so that they change too rarely."""
    a, b = held_out.float_value, test.float_value
    if a is None or b is None or held_out.metric != "top1" or held_out.ci95[0] <= test.ci95[1]:
        return ""
    return (
        f"warning: float32 is right on {a:.1%} of the held-out samples and on {b:.1%} of the test samples: it learned "
        "the former, and they hide a loss. Give samples that it was not trained on with --held-out-data."
    )


def limits_of(options: BudgetOptions) -> Limits:
    """The limits of the flags; those that are not given are what the board has."""
    from edgeml.search import Limits
    from edgeml.targets.boards import resolve_target

    _, board = resolve_target(options.target or "cortex-m4")
    flash, ram = _bytes("--max-flash", options.max_flash), _bytes("--max-ram", options.max_ram)
    if options.max_latency is not None and board is None:
        raise UsageError("--max-latency needs a clock. Give --target a board; `edgeml targets` lists them.")
    return Limits(
        options.max_drop,
        flash if flash is not None or board is None else board.flash,
        ram if ram is not None or board is None else board.ram,
        options.max_latency,
    )


def _bytes(flag: str, text: str | None) -> int | None:
    """Bytes of a number with K or M (binary) or nothing after it."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([km]?)i?b?", text.strip().lower())
    if not match:
        raise UsageError(f"{flag}: must be bytes, as in 65536 or 64K. Got '{text}'.")
    return int(float(match[1]) * _UNITS[match[2]])


def _samples(
    options: BudgetOptions, graph: Graph, data: str, samples: int, seed: int, quiet: bool
) -> tuple[Array, Array, Array | None]:
    """Calibration samples (N, …), and held-out ones with their labels: other training samples, or another data set."""
    from edgeml.cli.common import calibration_samples, evaluation_samples
    from edgeml.data.samples import load_samples

    if options.held_out_data is not None:
        x, _ = calibration_samples(data, samples, seed, quiet, graph)
        source = options.held_out_data
        if source.lower().endswith(".npz"):
            # all of the file, not only what would be its test part
            whole = load_samples(source, seed=seed, quiet=quiet)
            chosen = (
                np.arange(min(options.held_out, len(whole.x))) * len(whole.x) // min(options.held_out, len(whole.x))
            )
            return x, whole.x[chosen], None if whole.y is None else whole.y[chosen]
        held_x, held_y, _ = evaluation_samples(source, options.held_out, seed, quiet, graph)
        return x, held_x, held_y
    x, y = calibration_samples(data, samples + options.held_out, seed, quiet, graph)
    if len(x) < 4:
        raise UsageError(f"--data '{data}' has {len(x)} training samples; a search needs 4 at least. Give more.")
    # both parts come from everywhere in the data; a small data set is shared in the same proportion
    count = min(samples, max(1, round(len(x) * samples / (samples + options.held_out))))
    chosen = np.zeros(len(x), bool)
    chosen[np.arange(count) * len(x) // count] = True
    return x[chosen], x[~chosen], y[~chosen]
