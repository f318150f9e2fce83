"""A stretch of seeds, counted; in a module of its own so that worker processes can import it."""

from __future__ import annotations

import traceback

from tests.random_graphs.compare import Totals, check
from tests.random_graphs.generator import random_graph, random_inputs


def run_seeds(job: tuple[int, int, int]) -> tuple[Totals, list[str]]:
    """Seeds first, first + step, … below `end`; even seeds are int8 graphs, odd ones float32."""
    first, end, step = job
    totals, failures = Totals(), []
    for seed in range(first, end, step):
        try:
            graph = random_graph(seed, int8=seed % 2 == 0)
            if graph is not None:
                check(graph, random_inputs(graph, seed), totals)
        except Exception:
            failures.append(f"seed {seed}: {traceback.format_exc()}")
    return totals, failures
