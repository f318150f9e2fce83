"""What is measured and kept of a pruned model: each seed's accuracy, and what one seed's model takes on a core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

DENSE = "dense"


@dataclass(frozen=True)
class Outcome:
    """The int8 model of one `seed` against the dense float32 model of that seed, on the same test samples.

    `accuracy` with its 95 % interval `ci95` is in percent; `points` = accuracy - float accuracy, with the standard
    error of this paired difference; `flips` counts predictions that differ, `p` is McNemar's.
    """

    seed: int
    float_accuracy: float
    accuracy: float
    ci95: tuple[float, float]
    points: float
    error: float
    flips: int
    p: float


@dataclass(frozen=True)
class Cost:
    """The int8 model of one `seed` on cortex-m4: `instructions` of a run, bytes of packed `constants` and of `flash`.

    `differing` counts outputs that another runtime did not give too, of all that were compared.
    """

    seed: int
    instructions: int
    constants: int
    flash: int
    differing: int


@dataclass(frozen=True)
class VariantResult:
    """A variant over all seeds. `error` is the standard error of `points`, the mean of the seeds' differences on the
    same samples: it tells of other samples, not of other seeds."""

    name: str
    outcomes: tuple[Outcome, ...]
    error: float
    cost: Cost

    @property
    def points(self) -> float:
        """Mean of the seeds' loss or gain, in points."""
        return float(np.mean([o.points for o in self.outcomes]))

    @property
    def accuracy(self) -> float:
        """Mean of the seeds, in percent."""
        return float(np.mean([o.accuracy for o in self.outcomes]))


@dataclass(frozen=True)
class ModelResult:
    """A model on `n` test samples; the first of `variants` is the dense int8 model."""

    key: str
    n: int
    variants: tuple[VariantResult, ...]

    @property
    def dense(self) -> VariantResult:
        return self.variants[0]


@dataclass(frozen=True)
class Results:
    """Everything that is kept: `environment` says date, machine and versions."""

    environment: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelResult, ...] = ()


def encode(results: Results) -> dict[str, Any]:
    """As JSON."""
    return {"schema": "edgeml.pruning/1", **asdict(results)}


def decode(value: Mapping[str, Any]) -> Results:
    """What `encode` gave."""
    return Results(dict(value["environment"]), tuple(_model(m) for m in value["models"]))


def _model(value: Mapping[str, Any]) -> ModelResult:
    return ModelResult(value["key"], value["n"], tuple(_variant(v) for v in value["variants"]))


def _variant(value: Mapping[str, Any]) -> VariantResult:
    outcomes: Sequence[Outcome] = [Outcome(**{**o, "ci95": tuple(o["ci95"])}) for o in value["outcomes"]]
    return VariantResult(value["name"], tuple(outcomes), value["error"], Cost(**value["cost"]))
