"""Pruning of a float graph to a target: accuracy lost on held-out samples, or the compiler's estimate of a cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.selection import Machine, Optimize, choose
from edgeml.bench.metrics import accuracy, check_labels, predictions
from edgeml.bench.record import Accuracy
from edgeml.errors import BudgetError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph
from edgeml.quantize import Recipe, quantize
from edgeml.sparsify.search import Search, highest, lowest
from edgeml.sparsify.sparsify import Sparsified, Sparsifier

# a probe is quantised only to see its zeros and its kernels: nothing that costs time and changes neither
_PROBE_RECIPE = Recipe(bias_correction=False, pool_scale=False, exact_scales=False)
_PROBE_SAMPLES = 32


@dataclass(frozen=True)
class Budget:
    """What the int8 model may take on `machine`: estimated `instructions` of a run, bytes of constants in `flash`."""

    machine: Machine
    instructions: int | None = None
    flash: int | None = None
    optimize: Optimize = "balanced"


@dataclass(frozen=True, eq=False)
class Targeted:
    """What a search found: the pruned graph, its sparsity, and the probes."""

    pruned: Sparsified
    sparsity: float
    search: Search


def prune_to_drop(pruner: Sparsifier, max_drop: float, x: Array, y: Array) -> Targeted:
    """The highest sparsity whose float model loses at most `max_drop` points of accuracy on judging samples.

    x (N, …) and classes y (N,) must be neither test samples nor those that the pruner saw. BudgetError where nothing
    holds.
    """
    if not max_drop >= 0:
        raise UsageError(f"max-drop must be at least 0 points. Got {max_drop}.")
    want = _right(pruner.graph, x, y)

    def drop(sparsity: float) -> float:
        return 100 * (want - _right(pruner.prune(sparsity).graph, x, y))

    return _found(pruner, highest(drop, max_drop + 1e-9, _top(pruner)), f"a loss of {max_drop:g} points")


def prune_to_budget(pruner: Sparsifier, budget: Budget) -> Targeted:
    """The lowest sparsity whose int8 model meets the budget by the compiler's estimates; BudgetError else."""
    limits = {"instructions": budget.instructions, "flash": budget.flash}
    asked = {name: limit for name, limit in limits.items() if limit is not None}

    def worst(sparsity: float) -> float:
        spent = estimate(pruner.prune(sparsity).graph, _probe_samples(pruner), budget)
        return max(spent[name] / limit for name, limit in asked.items())

    text = " and ".join(f"{limit:,} {'B of constants' if n == 'flash' else n}" for n, limit in asked.items())
    return _found(pruner, lowest(worst, 1.0, _top(pruner)), text)


def estimate(graph: Graph, x: Array, budget: Budget) -> dict[str, int]:
    """Estimated instructions of a run and bytes of constants of the int8 model of a float `graph`."""
    choices = choose(quantize(graph, x, _PROBE_RECIPE).graph, budget.machine, budget.optimize)
    return {
        "instructions": sum(c.cost.instructions for c in choices),
        "flash": sum(c.cost.flash for c in choices),
    }


def compare(dense: Graph, pruned: Graph, x: Array, y: Array) -> Accuracy:
    """Top-1 accuracy of the pruned float graph on test samples beside that of the dense one."""
    ours, theirs = (predictions(run_single(g, x)) for g in (pruned, dense))
    return accuracy(ours, check_labels(y, dense.output_tensors[0].shape[-1]), theirs)


def _probe_samples(pruner: Sparsifier) -> Array:
    if pruner.samples is None or len(pruner.samples) != 1:
        raise UsageError("a budget needs calibration samples of a model with one input. Give --data.")
    return next(iter(pruner.samples.values()))[:_PROBE_SAMPLES]


def _right(graph: Graph, x: Array, y: Array) -> float:
    return float(np.mean(predictions(run_single(graph, x)) == y))


def _top(pruner: Sparsifier) -> float:
    return min(0.99, pruner.config.pattern.densest)


def _found(pruner: Sparsifier, search: Search, target: str) -> Targeted:
    if search.sparsity is None:
        nearest = min(search.probes, key=lambda p: p.value)
        raise BudgetError(
            f"pruning '{pruner.graph.name}': no sparsity gives {target}; the nearest was {nearest.sparsity:.0%}. Raise "
            "the limit, choose another pattern, or prune while training (model.toml, [prune])."
        )
    return Targeted(pruner.prune(search.sparsity), search.sparsity, search)
