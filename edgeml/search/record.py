"""A search as a record, which `edgeml report` shows."""

from __future__ import annotations

import numpy as np

from edgeml.bench.record import Accuracy, Record, RuntimeInfo, Search, SearchPoint
from edgeml.search.limits import Limits
from edgeml.search.result import Budgeted, pareto


def record_of(found: Budgeted, limits: Limits, target: str, accuracy: Accuracy | None = None) -> Record:
    """The record of a search; `accuracy` is that of the chosen recipe on test samples, else on the held-out ones."""
    front = pareto(found.trials)
    points = tuple(
        SearchPoint(
            t.name,
            t.accuracy,
            t.cost.instructions,
            t.cost.flash,
            t.cost.ram,
            t.cost.ms,
            dict(t.bits),
            t.misses,
            any(t is f for f in front),
            t is found.chosen,
        )
        for t in found.trials
    )
    graph = found.result.graph
    runtime = RuntimeInfo("reference", f"NumPy {np.__version__}")
    search = Search(budget_text(limits, target), found.layers, points)
    return Record(
        graph.name, "int8", "reference", runtime, accuracy or found.chosen.accuracy, labels=graph.labels, search=search
    )


def budget_text(limits: Limits, target: str) -> str:
    """The budget in words."""
    parts = [f"at most {limits.max_drop:g} lost"]
    parts += [f"{limits.max_flash:,} bytes of flash"] if limits.max_flash is not None else []
    parts += [f"{limits.max_ram:,} bytes of RAM"] if limits.max_ram is not None else []
    parts += [f"{limits.max_latency:g} ms"] if limits.max_latency is not None else []
    return f"{', '.join(parts)} on {target}"
