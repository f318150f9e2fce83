"""Pruning of a float graph to a target: accuracy lost on held-out samples, or the compiler's estimate of a cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeml.backends.c99.scheduling import arrange
from edgeml.backends.c99.selection import Machine, Optimize
from edgeml.bench.record import Accuracy
from edgeml.bench.tasks import check_truth, measure, task_of
from edgeml.errors import BudgetError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import Array, BoundNode, Graph
from edgeml.prune.channels.cheapest import Price, saving_channels
from edgeml.prune.channels.choice import Channel
from edgeml.prune.channels.groups import channel_count
from edgeml.prune.channels.surgery import remove_channels
from edgeml.quantize import quantize
from edgeml.search.limits import lost
from edgeml.sparsify.instructions import PROBE, PROBE_SAMPLES, Instructions
from edgeml.sparsify.search import Probe, Search, highest, lowest
from edgeml.sparsify.sparsify import Sparsified, Sparsifier

# bytes beside the weights of a channel: bias and requantisation
_CHANNEL_BYTES = 12


@dataclass(frozen=True)
class Budget:
    """What the int8 model may take on `machine`: estimated `instructions` of a run, bytes of constants in `flash`."""

    machine: Machine
    instructions: int | None = None
    flash: int | None = None
    optimize: Optimize = "balanced"


@dataclass(frozen=True, eq=False)
class Targeted:
    """What a search found: the pruned graph, its sparsity, the probes, and how good the graph is where that was asked
    for, beside the dense one."""

    pruned: Sparsified
    sparsity: float
    search: Search
    accuracy: Accuracy | None = None


def prune_to_drop(pruner: Sparsifier, max_drop: float, x: Array, y: Array) -> Targeted:
    """The highest sparsity whose float model loses at most `max_drop` on judging samples: points of accuracy (of AUC,
    times 100), percent of an RMSE.

    x (N, …) and their labels y must be neither test samples nor those that the pruner saw. BudgetError where nothing
    holds.
    """
    if not max_drop >= 0:
        raise UsageError(f"max-drop must be at least 0 points. Got {max_drop}.")

    def drop(sparsity: float) -> float:
        return lost(compare(pruner.graph, pruner.prune(sparsity).graph, x, y))

    found = _found(pruner, highest(drop, max_drop + 1e-9, _top(pruner)), f"a loss of {max_drop:g} points")
    return replace(found, accuracy=compare(pruner.graph, found.pruned.graph, x, y))


def prune_to_budget(pruner: Sparsifier, budget: Budget) -> Targeted:
    """The lowest sparsity whose int8 model meets the budget by the compiler's estimates; BudgetError else.

    Channels go until enough is saved: those that lose least for each instruction or byte that is asked for.
    """
    limits = {"instructions": budget.instructions, "flash": budget.flash}
    asked = {name: limit for name, limit in limits.items() if limit is not None}
    text = " and ".join(f"{limit:,} {'B of constants' if n == 'flash' else n}" for n, limit in asked.items())
    x = _probe_samples(pruner)
    if isinstance(pruner.config.pattern, Channel):
        return _channels_to_budget(pruner, pruner.config.pattern.multiple, budget, asked, text)

    def worst(sparsity: float) -> float:
        spent = estimate(pruner.prune(sparsity).graph, x, budget)
        return max(spent[name] / limit for name, limit in asked.items())

    return _found(pruner, lowest(worst, 1.0, _top(pruner)), text)


def _channels_to_budget(
    pruner: Sparsifier, multiple: int, budget: Budget, asked: Mapping[str, int], text: str
) -> Targeted:
    x, graph = _probe_samples(pruner), pruner.graph
    prices: dict[str, Price] = {"flash": _constant_bytes}
    if "instructions" in asked:
        prices["instructions"] = Instructions(graph, budget.machine, budget.optimize, pruner.samples)

    def price(bound: BoundNode) -> float:
        return sum(prices[name](bound) / limit for name, limit in asked.items())

    def spent(other: Graph) -> float:
        return sum(price(bound) for bound in other.bound())

    total, gone, probes = channel_count(graph, pruner.scores), frozenset[int](), list[Probe]()
    while True:
        smaller = remove_channels(graph, gone)
        shares = [cost / asked[name] for name, cost in estimate(smaller, x, budget).items() if name in asked]
        probes.append(Probe(len(gone) / total, max(shares), max(shares) <= 1))
        if probes[-1].holds:
            return Targeted(pruner.without(gone), probes[-1].sparsity, Search(probes[-1].sparsity, tuple(probes)))
        # the price of single nodes is not quite that of the whole: what is still over is saved beside what was
        saving = spent(graph) - spent(smaller) + sum(max(0.0, share - 1) for share in shares)
        before, gone = gone, saving_channels(graph, pruner.scores, saving, multiple, price)
        if gone == before:
            return _found(pruner, Search(None, tuple(probes)), text)


def estimate(graph: Graph, x: Array, budget: Budget) -> dict[str, int]:
    """Estimated instructions of a run and bytes of constants of the int8 model of a float `graph`."""
    _, choices = arrange(quantize(graph, x, PROBE).graph, budget.machine, budget.optimize)
    return {
        "instructions": sum(c.cost.instructions for c in choices),
        "flash": sum(c.cost.flash for c in choices),
    }


def compare(dense: Graph, pruned: Graph, x: Array, y: Array) -> Accuracy:
    """How good the pruned float graph is at its task, beside the dense one, on samples x (N, …) with labels y."""
    ours, theirs = (run_single(g, x) for g in (pruned, dense))
    return measure(task_of(dense, y), ours, x, check_truth(dense, y), theirs)


def _constant_bytes(bound: BoundNode) -> float:
    """Bytes of a float node's constants as int8."""
    constants = [t for t in bound.inputs if t is not None and t.is_constant]
    return float(sum(t.type.elements * (_CHANNEL_BYTES if len(t.shape) == 1 else 1) for t in constants))


def _probe_samples(pruner: Sparsifier) -> Array:
    if pruner.samples is None or len(pruner.samples) != 1:
        raise UsageError("a budget needs calibration samples of a model with one input. Give --data.")
    return next(iter(pruner.samples.values()))[:PROBE_SAMPLES]


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
