"""What a search has measured, kept in a file after every step, so that it goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import __version__
from edgeml.bench.codec import decode, encode
from edgeml.bench.record import Accuracy
from edgeml.errors import ModelFormatError
from edgeml.files import parse_json, read_bytes, write_json
from edgeml.ir import Array, Graph
from edgeml.quantize import Recipe
from edgeml.search.cost import Cost

SCHEMA = "edgeml.search/1"


class Memo:
    """Accuracies and costs by recipe, errors by layer. Without a path nothing is kept beyond this run.

    `key` stands for model and data: what was measured with others is forgotten.
    """

    def __init__(self, path: Path | None, key: str) -> None:
        self._path, self._key = path, key
        self._found: dict[str, Any] = {}
        if path is not None and path.is_file():
            self._found = _read(path, key)
        # measurements of an earlier run
        self.resumed = len(self._found)

    def trial(self, recipe: Recipe, target: str) -> tuple[Accuracy, Cost] | None:
        """What the recipe was found to give on a target."""
        found = self._found.get(_name("trial", recipe, target))
        if found is None:
            return None
        return decode(Accuracy, found["accuracy"], "accuracy"), decode(Cost, found["cost"], "cost")

    def keep_trial(self, recipe: Recipe, target: str, accuracy: Accuracy, cost: Cost) -> None:
        self._keep(_name("trial", recipe, target), {"accuracy": encode(accuracy), "cost": encode(cost)})

    def errors(self, recipe: Recipe, layers: tuple[str, ...]) -> dict[str, float] | None:
        """The errors of these layers, each alone, beside the recipe."""
        found = self._found.get(_name("errors", recipe, ""))
        return dict(found) if found is not None and set(found) == set(layers) else None

    def keep_errors(self, recipe: Recipe, errors: Mapping[str, float]) -> None:
        self._keep(_name("errors", recipe, ""), dict(errors))

    def _keep(self, name: str, value: Any) -> None:
        self._found[name] = value
        if self._path is not None:
            write_json(self._path, {"schema": SCHEMA, "key": self._key, "found": self._found})


def key_of(graph: Graph, *arrays: Array | None) -> str:
    """SHA-256 of a graph, samples and labels, and of the version that measures."""
    digest = hashlib.sha256(f"{__version__}{graph.numerics}".encode())
    for bound in graph.bound():
        digest.update(f"{bound.node}".encode())
    for data in (*(t.data for t in graph.constants), *arrays):
        if data is not None:
            digest.update(f"{data.dtype}{data.shape}".encode())
            digest.update(np.ascontiguousarray(data).data)
    return digest.hexdigest()


def _name(kind: str, recipe: Recipe, target: str) -> str:
    fields = {**asdict(recipe), "weight_bits": dict(sorted(recipe.weight_bits.items()))}
    return f"{kind} {target} {hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:24]}"


def _read(path: Path, key: str) -> dict[str, Any]:
    """What the file holds for this key; nothing where it is of another model or unreadable."""
    try:
        value = parse_json(read_bytes(path, "search file"), f"search file '{path}'", "Remove it.")
    except ModelFormatError:
        return {}
    if not isinstance(value, dict) or value.get("schema") != SCHEMA or value.get("key") != key:
        return {}
    found = value.get("found")
    return found if isinstance(found, dict) else {}
