"""The dense model and its pruned variants, each trained once; an interrupted training goes on where it was."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgeml.data import Dataset
from edgeml.files import write_text
from edgeml.pipeline.trained import read_trained, save_trained
from edgeml.training.zoo import PruneConfig, Trained, ZooModel, fine_tune_pruned, read_zoo_model, train

SUITE = Path(__file__).with_name("suite.toml")
_SETTINGS = "settings.json"


@dataclass(frozen=True)
class Variant:
    """One pruned model: how it is made, and the `limit` of its loss in points."""

    name: str
    prune: PruneConfig
    limit: float


def read_suite() -> dict[str, tuple[Variant, ...]]:
    """The variants of each model."""
    table = tomllib.loads(SUITE.read_text(encoding="utf-8"))["models"]
    return {
        model: tuple(_variant(name, {**entry["common"], **values}) for name, values in entry["variants"].items())
        for model, entry in table.items()
    }


def _variant(name: str, values: Mapping[str, Any]) -> Variant:
    settings = {k: v for k, v in values.items() if k != "limit"}
    settings["dense"] = tuple(settings.get("dense", ()))
    return Variant(name, PruneConfig(**settings), values["limit"])


def dense(model: str, data: Dataset, folder: Path, *, seed: int) -> Trained:
    """The dense float32 model, trained as its model.toml says."""
    zoo = read_zoo_model(model)
    return _once(folder / "dense", asdict(zoo.train), lambda f: train(zoo, data, folder=f, seed=seed, quiet=True))


def pruned(model: str, data: Dataset, start: Trained, variant: Variant, folder: Path, *, seed: int) -> Trained:
    """`start` pruned and tuned as `variant` says."""
    zoo: ZooModel = replace(read_zoo_model(model), prune=variant.prune)

    def work(place: Path) -> Trained:
        return fine_tune_pruned(zoo, data, start, folder=place, seed=seed, quiet=True)

    return _once(folder / _safe(variant.name), {**asdict(zoo.train), **asdict(variant.prune)}, work)


def _once(folder: Path, settings: Mapping[str, Any], work: Any) -> Trained:
    """What `work` made in `folder`, unless it did so with the same settings before."""
    text = json.dumps(settings, indent=1, sort_keys=True, default=list)
    path = folder / _SETTINGS
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        save_trained(folder, work(folder))
        write_text(path, text)
    return read_trained(folder)


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)
