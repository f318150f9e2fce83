"""What is measured of a cell, and how a tool compares with the float model and with edgeml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from edgeml.bench.statistics import paired_points
from edgeml.ir import Array
from edgeml.quantize.sqnr import decibels

# points: one sample more or less is one standard error, which roundings must not decide
_EXACT = 1e-9


@dataclass(frozen=True)
class Cell:
    """One tool on one row. `points` = accuracy - float accuracy, with its standard error; `flips` counts predictions
    that differ; `sqnr` (dB) is that of the logits; `seconds` of processor time, one thread where the tool lets one.

    With `error` the tool did not give a model that runs, and the figures are 0.
    """

    tool: str
    version: str
    points: float = 0.0
    points_error: float = 0.0
    flips: int = 0
    sqnr: float = 0.0
    seconds: float = 0.0
    bytes: int = 0
    error: str = ""


@dataclass(frozen=True)
class Peer:
    """edgeml's accuracy less that of the best peer, in points, with the standard error of this difference."""

    tool: str
    points: float
    error: float

    @property
    def worse(self) -> bool:
        """Worse by more than one standard error."""
        return self.points < -self.error - _EXACT


@dataclass(frozen=True)
class RowResult:
    """A row of the table: accuracy of the float model in percent on `n` samples, and the cells."""

    key: str
    n: int
    calibration: int
    accuracy: float
    cells: tuple[Cell, ...]
    best: Peer | None = None


@dataclass(frozen=True)
class Results:
    """Everything that is kept: `environment` says date, machine and versions."""

    environment: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[RowResult, ...] = ()


def measure(tool: str, got: Mapping[str, Array], exact: Array, y: Array, classes: Array | None) -> Cell:
    """The cell of a result of cell.py; `exact` are the float model's logits (N, C)."""
    release = str(got["version"])
    if "error" in got:
        return Cell(tool, release, error=str(got["error"]))
    values = got["logits"]
    before, after = (right(v, y, classes) for v in (exact, values))
    points, error = paired_points(before, after)
    noise = float(np.square(values - exact, dtype=np.float64).sum())
    return Cell(
        tool,
        release,
        points,
        error,
        int(np.count_nonzero(values.argmax(axis=1) != exact.argmax(axis=1))),
        decibels(float(np.square(exact, dtype=np.float64).sum()), noise),
        float(got["seconds"]),
        int(got["bytes"]),
    )


def right(values: Array, y: Array, classes: Array | None) -> Array:
    """Which samples are right, bool (N,)."""
    chosen = values.argmax(axis=1)
    return np.asarray((chosen if classes is None else classes[chosen]) == y)


def best_peer(mine: Array, peers: Mapping[str, Array]) -> Peer | None:
    """edgeml against the peer that is right most often; arrays are bool (N,)."""
    if not peers:
        return None
    name = max(peers, key=lambda tool: (int(peers[tool].sum()), tool))
    return Peer(name, *paired_points(peers[name], mine))


def encode(results: Results) -> dict[str, Any]:
    """As JSON."""
    return {"schema": "edgeml.accuracy/1", **asdict(results)}


def decode(value: Mapping[str, Any]) -> Results:
    """What `encode` gave."""
    rows = []
    for row in value["rows"]:
        cells: Sequence[Cell] = [Cell(**c) for c in row["cells"]]
        best = Peer(**row["best"]) if row["best"] else None
        rows.append(RowResult(**{**row, "cells": tuple(cells), "best": best}))
    return Results(dict(value["environment"]), tuple(rows))
