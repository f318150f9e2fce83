"""What suite.toml says: the models, their variants, and the candidate settings of the tuning."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.training.config import PruneConfig

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUITE = HERE / "suite.toml"
_LIMITS = ("limit", "instructions", "bytes")


@dataclass(frozen=True)
class Variant:
    """One pruned model. `settings` are fields of PruneConfig that no candidate changes.

    `limit` is the most that may be lost, in points; `instructions` and `bytes` the most that may be taken, as a part of
    the dense int8 model's. None: no limit.
    """

    name: str
    settings: Mapping[str, Any]
    limit: float | None = None
    instructions: float | None = None
    bytes: float | None = None

    def prune(self, candidate: Mapping[str, Any]) -> PruneConfig:
        """How the variant is made with the settings of a candidate."""
        values = {**self.settings, **candidate}
        return PruneConfig(**{**values, "dense": tuple(values.get("dense", ()))})


@dataclass(frozen=True)
class ModelSuite:
    """The variants of a zoo model, each trained once for each of `seeds`.

    The mean accuracy of those `judged` chooses one of the `candidates`, on the share `validation` of the training set.
    """

    key: str
    title: str
    seeds: tuple[int, ...]
    variants: tuple[Variant, ...]
    candidates: Mapping[str, Mapping[str, Any]]
    judged: tuple[str, ...]
    validation: float


def read_suite() -> dict[str, ModelSuite]:
    """The models of suite.toml by name."""
    table = tomllib.loads(SUITE.read_text(encoding="utf-8"))["models"]
    return {key: _model(key, entry) for key, entry in table.items()}


def _model(key: str, entry: Mapping[str, Any]) -> ModelSuite:
    variants = tuple(_variant(name, {**entry["common"], **values}) for name, values in entry["variants"].items())
    seeds, judged = tuple(entry["seeds"]), tuple(entry["judged"])
    return ModelSuite(key, entry["title"], seeds, variants, entry["candidates"], judged, entry["validation"])


def _variant(name: str, values: Mapping[str, Any]) -> Variant:
    limits = {key: values[key] for key in _LIMITS if key in values}
    return Variant(name, {k: v for k, v in values.items() if k not in _LIMITS}, **limits)
