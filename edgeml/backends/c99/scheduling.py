"""Kernels and the order of layers, chosen together with the arena.

Scratch costs memory only where it makes the arena larger. So the arena is planned first for the kernels with the least
scratch; then every layer may take, for nothing, what its step leaves of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.planner.order import Ordering, Step, overlaps_of
from edgeml.backends.c99.selection import Candidate, Candidates, Choice, Machine, Optimize, aim_on, candidates
from edgeml.backends.c99.streaming.schedule import Stream
from edgeml.backends.c99.streaming.search import StreamSearch
from edgeml.backends.c99.views import share_views
from edgeml.ir import BoundNode, Graph

# nodes beyond which the search for an order takes too long
_MOST_NODES = 600
# attempts to give back memory, a layer at a time
_MOST_RETURNS = 12

Choices = tuple[Choice, ...]


def arrange(
    graph: Graph, machine: Machine, optimize: Optimize = "balanced", keep_inputs: bool = False
) -> tuple[Graph, Choices]:
    """The graph with its nodes in the order that the library runs, and a kernel for each.

    Raises UsageError for an unknown aim, UnsupportedError for an operator without a kernel.
    """
    aim = aim_on(machine, optimize)
    found = [candidates(bound, machine) for bound in graph.bound()]
    if aim in ("speed", "size"):
        graph, order = schedule(graph, [c.best(aim) for c in found], keep_inputs)
        return graph, tuple(found[i].best(aim) for i in order)
    graph, order = schedule(graph, [c.best("ram") for c in found], keep_inputs)
    found = [found[i] for i in order]
    return graph, _fitted(graph, found, aim, keep_inputs)


@dataclass(frozen=True)
class Arrangement:
    """The graph in the order that the library runs, a kernel for each node, and the nodes that run row by row."""

    graph: Graph
    choices: Choices
    streams: tuple[Stream, ...] = ()


def arrange_rows(
    graph: Graph, machine: Machine, optimize: Optimize = "balanced", keep_inputs: bool = False
) -> Arrangement:
    """Like `arrange`; where the aim is little memory, with the nodes that are best computed row by row."""
    graph, choices = arrange(graph, machine, optimize, keep_inputs)
    if optimize != "ram":
        return Arrangement(graph, choices)
    found = [candidates(bound, machine) for bound in graph.bound()]
    lean = tuple(c.best("ram") for c in found)
    search = StreamSearch(graph, lean, machine, keep_inputs)
    streams = search.best()
    before = plan_calls(graph, choices, keep_inputs).arena_bytes
    arena = plan_calls(graph, search.choices(streams), keep_inputs, streams).arena_bytes
    if arena >= before:
        return Arrangement(graph, choices)
    streams = search.faster(streams, arena)
    # the nodes that run whole may take what the arena has anyway
    fast = _Lifetimes(graph, keep_inputs).best(found, lean, arena, "ram")
    return Arrangement(graph, _returned(graph, lean, fast, arena, keep_inputs, streams), streams)


def schedule(graph: Graph, choices: Sequence[Choice], keep_inputs: bool = False) -> tuple[Graph, Sequence[int]]:
    """The graph with its nodes in an order that takes less memory, where there is one, and their old positions."""
    same = range(len(graph.nodes))
    if not 2 < len(graph.nodes) <= _MOST_NODES:
        return graph, same
    ordering = _Lifetimes(graph, keep_inputs).ordering(choices)
    found = ordering.best()
    if found.peak >= ordering.peak(same):
        return graph, same
    other = replace(graph, nodes=tuple(graph.nodes[i] for i in found.order))
    others = [choices[i] for i in found.order]
    before, after = (plan_calls(g, c, keep_inputs).arena_bytes for g, c in ((graph, choices), (other, others)))
    return (other, found.order) if after < before else (graph, same)


def _fitted(graph: Graph, found: Sequence[Candidates], aim: Optimize, keep_inputs: bool) -> Choices:
    """The best choices for an aim that counts memory."""
    lean = tuple(c.best("ram") for c in found)
    lifetimes = _Lifetimes(graph, keep_inputs)
    arena = plan_calls(graph, lean, keep_inputs).arena_bytes
    choices = lifetimes.best(found, lean, arena, aim)
    if aim == "ram":
        return _returned(graph, lean, choices, arena, keep_inputs)
    # what one layer takes beyond that, all others may take too
    larger = plan_calls(graph, choices, keep_inputs).arena_bytes
    again = lifetimes.best(found, lean, larger, aim)
    return again if plan_calls(graph, again, keep_inputs).arena_bytes <= larger else choices


def _returned(
    graph: Graph,
    lean: Choices,
    choices: Choices,
    arena: int,
    keep_inputs: bool,
    streams: tuple[Stream, ...] = (),
) -> Choices:
    """The choices with as many layers made lean again, largest scratch first, as the arena asks for.

    Those of `streams` stay as they are."""
    for s in streams:
        kernels = tuple(k.choice for k in s.kernels)
        lean = lean[: s.first] + kernels + lean[s.last + 1 :]
        choices = choices[: s.first] + kernels + choices[s.last + 1 :]
    costly = [i for i, (a, b) in enumerate(zip(lean, choices, strict=True)) if a.kernel is not b.kernel]
    costly.sort(key=lambda i: (-choices[i].cost.scratch, i))
    for count in range(min(len(costly), _MOST_RETURNS) + 1):
        tried = list(choices)
        for i in costly[:count]:
            tried[i] = lean[i]
        if plan_calls(graph, tried, keep_inputs, streams).arena_bytes <= arena:
            return tuple(tried)
    return lean


class _Lifetimes:
    """Which nodes use which memory of the arena."""

    def __init__(self, graph: Graph, keep_inputs: bool) -> None:
        self._graph = graph
        self._views = share_views(graph)
        storage = self._views.storage
        outside = {s.input for s in graph.states} | set(graph.inputs if keep_inputs else ())
        owners = [o for o in dict.fromkeys(storage.values()) if o not in outside]
        number = {owner: k for k, owner in enumerate(owners)}
        self._memory = {name: number[owner] for name, owner in storage.items() if owner in number}
        self._sizes = [graph.tensor(o).type.nbytes for o in owners]

    def ordering(self, choices: Sequence[Choice]) -> Ordering:
        """The steps of the graph with these kernels."""
        memory, graph = self._memory, self._graph
        steps = [self._step(b, c) for b, c in zip(graph.bound(), choices, strict=True)]
        start = [memory[n] for n in graph.inputs if n in memory]
        kept = [memory[n] for n in graph.kept if n in memory]
        return Ordering(steps, self._sizes, start, kept)

    def best(self, found: Sequence[Candidates], lean: Sequence[Choice], arena: int, aim: Optimize) -> Choices:
        """For each node the best kernel, when an arena of `arena` bytes is taken anyway."""
        ordering = self.ordering(lean)
        before = ordering.before(range(len(lean)))

        def best(i: int) -> Choice:
            def extra(candidate: Candidate) -> int:
                return max(0, ordering.needs(i, self._step(candidate.bound, candidate), *before[i]) - arena)

            return found[i].best(aim, extra)

        return tuple(best(i) for i in range(len(lean)))

    def _step(self, bound: BoundNode, used: Choice | Candidate) -> Step:
        reads = [self._memory.get(n) for n in bound.node.inputs]
        writes = [self._memory.get(n) for n in bound.node.outputs]
        part = any(n in self._views.shift for n in (*bound.node.inputs, *bound.node.outputs))
        return Step(
            frozenset(m for m in reads if m is not None),
            tuple(m for m in writes if m is not None),
            used.cost.scratch,
            {} if part else overlaps_of(used.overlaps, reads, writes),
        )
