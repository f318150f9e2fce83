"""The order in which a library runs its layers: the graph's own, or one that takes less memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.memory import share_reshapes
from edgeml.backends.c99.planner.order import Ordering, Step, overlaps_of
from edgeml.backends.c99.selection import Choice
from edgeml.ir import Graph

# nodes beyond which the search for an order takes too long
_MOST_NODES = 600


def schedule(graph: Graph, choices: Sequence[Choice], keep_inputs: bool = False) -> tuple[Graph, tuple[Choice, ...]]:
    """The graph with its nodes in the order that the library runs, and the choices in the same order.

    The order changes only where that makes the arena smaller.
    """
    if not 2 < len(graph.nodes) <= _MOST_NODES:
        return graph, tuple(choices)
    ordering = _ordering(graph, choices, keep_inputs)
    found = ordering.best()
    if found.peak >= ordering.peak(range(len(graph.nodes))):
        return graph, tuple(choices)
    other = replace(graph, nodes=tuple(graph.nodes[i] for i in found.order))
    others = tuple(choices[i] for i in found.order)
    before, after = (plan_calls(g, c, keep_inputs).arena_bytes for g, c in ((graph, choices), (other, others)))
    return (other, others) if after < before else (graph, tuple(choices))


def _ordering(graph: Graph, choices: Sequence[Choice], keep_inputs: bool) -> Ordering:
    storage = share_reshapes(graph)[0]
    outside = {s.input for s in graph.states} | set(graph.inputs if keep_inputs else ())
    owners = [o for o in dict.fromkeys(storage.values()) if o not in outside]
    number = {owner: k for k, owner in enumerate(owners)}
    memory = {name: number[owner] for name, owner in storage.items() if owner in number}
    steps = []
    for bound, choice in zip(graph.bound(), choices, strict=True):
        reads = [memory.get(n) for n in bound.node.inputs]
        writes = [memory.get(n) for n in bound.node.outputs]
        overlaps = overlaps_of(choice.kernel.accesses(bound, choice.call), reads, writes)
        steps.append(
            Step(
                frozenset(m for m in reads if m is not None),
                tuple(m for m in writes if m is not None),
                choice.cost.scratch,
                overlaps,
            )
        )
    start = [memory[n] for n in graph.inputs if n in memory]
    kept = [memory[n] for n in graph.kept if n in memory]
    return Ordering(steps, [graph.tensor(o).type.nbytes for o in owners], start, kept)
