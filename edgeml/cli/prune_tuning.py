"""`edgeml prune --epochs`: the pruned model is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeml.cli.prune_samples import PruneSamples
    from edgeml.ir import Graph


def tune_on(
    dense: Graph, pruned: Graph, given: PruneSamples | None, epochs: int, path: Path, seed: int, quiet: bool
) -> tuple[Graph, list[str]]:
    """The pruned graph trained on all training samples, and what to say of it; a checkpoint lies beside `path`."""
    from edgeml.errors import UsageError
    from edgeml.report.format import accuracy_line
    from edgeml.sparsify.tune import TuneConfig, tune

    if given is None or not given.classes(dense):
        raise UsageError("--epochs trains models that tell the data's classes apart. Give other data, or leave it out.")
    checkpoint = path.with_name(f"{path.stem}_checkpoint.npz")
    found = tune(
        pruned, dense, given.all_x, given.all_y, TuneConfig(epochs), checkpoint=checkpoint, seed=seed, quiet=quiet
    )
    verdict = "kept" if found.kept else "undone: it did not help"
    lines = [f"trained on: cross entropy {found.loss[0]:.4g} -> {found.loss[1]:.4g}; {verdict}"]
    for when, reached in zip(("before", "after"), found.accuracy, strict=True):
        lines.append(accuracy_line(f"{when} it, on held-out training samples", reached, "dense"))
    return found.graph, lines
