"""Which candidate settings are taken: every one is tried on a part of the training set and judged on the rest of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from outcome import predicted, rounded
from suite import HERE, ModelSuite
from train import Trainings, float_graph

from edgeml.data import Dataset
from edgeml.data.split import stratified_split
from edgeml.errors import UsageError
from edgeml.files import write_json

CHOICE = HERE / "choice.json"
# one split and one training: what is chosen shall not depend on the seeds that are measured
SEED = 0


@dataclass(frozen=True)
class Tried:
    """Right answers of a candidate's int8 models on the `n` validation samples, by variant."""

    candidate: str
    n: int
    correct: Mapping[str, int]

    @property
    def accuracy(self) -> float:
        """Mean of the variants, in percent."""
        return 100 * float(np.mean(list(self.correct.values()))) / self.n


def validation_part(data: Dataset, share: float) -> Dataset:
    """A data set whose test samples are a `share` of the training samples of `data`; its own test samples are gone."""
    rest, watched = stratified_split(data.y_train, share, SEED)
    x, y = data.x_train, data.y_train
    return replace(data, x_train=x[rest], y_train=y[rest], x_test=x[watched], y_test=y[watched])


def try_candidates(suite: ModelSuite, data: Dataset, folder: Path) -> tuple[Tried, ...]:
    """Train all candidates on a part of the training samples of `data` and judge them on the others."""
    part = validation_part(data, suite.validation)
    trainings = Trainings(suite.key, part, SEED, folder / "choice" / suite.key)
    tried = []
    for name, settings in suite.candidates.items():
        correct = {}
        for variant in (v for v in suite.variants if v.name in suite.judged):
            stage = trainings.pruned(f"{variant.name}, {name}", variant.prune(settings))
            graph = rounded(suite.key, float_graph(stage.folder), trainings.calibration())
            correct[variant.name] = int(np.count_nonzero(predicted(graph, part.x_test) == part.y_test))
            print(f"{suite.key}: {variant.name}, {name}: {correct[variant.name]:,} of {len(part.y_test):,}", flush=True)
        tried.append(Tried(name, len(part.y_test), correct))
    return tuple(tried)


def best(tried: tuple[Tried, ...]) -> str:
    """The candidate that is right most often; the first of equals."""
    return max(tried, key=lambda t: t.accuracy).candidate


def save_choice(model: str, tried: tuple[Tried, ...], path: Path = CHOICE) -> Path:
    """Keep what was tried of a model beside what is known of others."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return write_json(path, {**known, model: [asdict(t) for t in tried]})


def read_choice(path: Path = CHOICE) -> dict[str, tuple[Tried, ...]]:
    """What was tried, by model."""
    known = json.loads(path.read_text()) if path.is_file() else {}
    return {model: tuple(Tried(**t) for t in tried) for model, tried in known.items()}


def chosen(suite: ModelSuite, path: Path = CHOICE) -> Mapping[str, Any]:
    """The settings of the best candidate; UsageError when none was tried or suite.toml knows it no longer."""
    tried = read_choice(path).get(suite.key, ())
    if not tried or {t.candidate for t in tried} != set(suite.candidates):
        raise UsageError(f"pruning of {suite.key}: '{path}' does not tell its candidates apart. Run run.py --choose.")
    return suite.candidates[best(tried)]
