"""Trains and measures all variants of a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from outcome import cost, mean_error, outcome, predicted, rounded
from results import DENSE, ModelResult, VariantResult
from suite import ModelSuite
from train import Trainings, float_graph

from edgeml.data import Dataset
from edgeml.ir import Array
from edgeml.pipeline.stages import Stage


def trainings(suite: ModelSuite, data: Dataset, seed: int, folder: Path) -> Trainings:
    """Where the trainings of a model and a seed are kept."""
    return Trainings(suite.key, data, seed, folder / suite.key / f"seed{seed}")


def stages(suite: ModelSuite, settings: Mapping[str, Any], work: Trainings) -> Iterator[tuple[str, Stage]]:
    """The dense model and every variant, trained now or before."""
    yield DENSE, work.dense()
    for variant in suite.variants:
        yield variant.name, work.pruned(variant.name, variant.prune(settings))


def measure(
    suite: ModelSuite, settings: Mapping[str, Any], data: Dataset, folder: Path, seeds: Sequence[int]
) -> ModelResult:
    """All variants on all `seeds`, tuned with a candidate's `settings`; the first seed's models run on the core."""
    y, exact, found, costs = data.y_test, {}, dict[str, dict[int, Array]](), {}
    for seed in seeds:
        work = trainings(suite, data, seed, folder)
        for name, stage in stages(suite, settings, work):
            graph = float_graph(stage.folder)
            if name == DENSE:
                exact[seed] = predicted(graph, data.x_test)
            graph = rounded(suite.key, graph, work.calibration())
            found.setdefault(name, {})[seed] = predicted(graph, data.x_test)
            if seed == seeds[0]:
                costs[name] = cost(seed, graph, data.x_test)
            print(f"{suite.key}, seed {seed}: {name} measured", file=sys.stderr, flush=True)
    variants = []
    for name, by_seed in found.items():
        changes = {s: (got == y).astype(int) - (exact[s] == y) for s, got in by_seed.items()}
        outcomes = tuple(outcome(seed, exact[seed], got, y) for seed, got in by_seed.items())
        variants.append(VariantResult(name, outcomes, mean_error(changes), costs[name]))
    return ModelResult(suite.key, len(y), tuple(variants))
