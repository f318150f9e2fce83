"""Runs a memory plan layer by layer and writes a pattern over every byte that nothing needs any more.

What is needed is worked out here from the graph alone, not from the plan's own lifetimes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.memory import MemoryPlan, is_staged, scratch_name, staging_name
from edgeml.backends.c99.selection import Choice
from edgeml.backends.c99.streaming import Move, RowCall, Stream
from edgeml.interpreter import initial_value
from edgeml.ir import Array, Graph, Tensor
from tests.backends.c99.simulator.kernels import call_kernel, copied, memory
from tests.backends.c99.simulator.rows import Range, StreamFollower

Values = dict[str, Array]


@dataclass
class Simulation:
    """Runs of one stream; `poisoned` counts the bytes that were overwritten between layers."""

    outputs: list[Values]
    poisoned: int = 0


class _Memory:
    """The arena and the state buffer of a plan, and the inputs that stay where the caller has them."""

    def __init__(self, graph: Graph, plan: MemoryPlan) -> None:
        self._graph, self._plan = graph, plan
        self.arena, self.state = memory(plan.arena_bytes), memory(plan.states.state_bytes)
        self.offsets = {b.tensor: b.offset for b in plan.blocks}
        at = plan.states.offsets
        self._states = {**at, **{owner: at[state] for owner, state in plan.states.direct.items()}}
        self.kept: Values = {}
        self._rng = np.random.default_rng(7)

    def place(self, tensor: Tensor) -> tuple[Array, int]:
        """The memory that a tensor lies in, and its first byte there."""
        owner, shift = self._plan.storage[tensor.name], self._plan.shift.get(tensor.name, 0)
        if owner in self._states:
            return self.state, self._states[owner] + shift
        if owner in self.offsets:
            return self.arena, self.offsets[owner] + shift
        return self.kept[owner], shift

    def buffer(self, name: str) -> tuple[Array, int]:
        """The memory of a tensor or of a node's scratch, and its first byte there."""
        if name in self._plan.storage:
            return self.place(self._graph.tensor(name))
        return self.arena, self.offsets[name]

    def view(self, tensor: Tensor) -> Array:
        """The bytes of an activation."""
        place, first = self.place(tensor)
        return place[first : first + tensor.type.nbytes]

    def keeps(self, name: str) -> bool:
        """Whether an input stays in the caller's memory."""
        return self._plan.storage[name] not in self.offsets

    def poison(self, names: Sequence[str], ranges: Sequence[Range] = ()) -> int:
        """Overwrite what holds none of these tensors and none of these ranges of bytes; how many bytes that are."""
        count = 0
        for place in (self.arena, self.state):
            needed = np.zeros(len(place), bool)
            for tensor in (self._graph.tensor(n) for n in names if n in self._plan.storage):
                found, first = self.place(tensor)
                if found is place:
                    needed[first : first + tensor.type.nbytes] = True
            for name, byte, size in ranges:
                found, first = self.buffer(name)
                if found is place:
                    needed[first + byte : first + byte + size] = True
            place[~needed] = self._rng.integers(0, 256, int((~needed).sum()))
            count += int((~needed).sum())
        return count


def simulate(
    graph: Graph,
    choices: Sequence[Choice],
    plan: MemoryPlan,
    stream: Sequence[Mapping[str, Array]],
    rows: Sequence[Stream] = (),
) -> Simulation:
    """The outputs of `graph` in the arena and the state buffer of `plan`, for each inputs of `stream` in turn; the
    nodes of `rows` run row by row."""
    places, found = _Memory(graph, plan), Simulation([])
    for state in graph.states:
        places.view(graph.tensor(state.input))[:] = copied(initial_value(graph, state))
    for inputs in stream:
        _run(graph, choices, plan, places, inputs, found, rows)
    return found


def _run(
    graph: Graph,
    choices: Sequence[Choice],
    plan: MemoryPlan,
    places: _Memory,
    inputs: Mapping[str, Array],
    found: Simulation,
    rows: Sequence[Stream],
) -> None:
    """One run: all layers, then the new values of the states into their places."""
    for name in graph.inputs:
        if places.keeps(name):
            places.kept[name] = copied(inputs[name])
        else:
            places.view(graph.tensor(name))[:] = copied(inputs[name])
    for i, (bound, choice) in enumerate(zip(graph.bound(), choices, strict=True)):
        inside = next((s for s in rows if s.first <= i <= s.last), None)
        if inside is not None:
            if i == inside.first:
                found.poisoned += _run_rows(graph, inside, places)
            continue
        found.poisoned += places.poison(_needed(graph, i))
        if i in plan.skipped:
            continue
        activations = {k: t for k, t in enumerate(bound.inputs) if t is not None and not t.is_constant}
        operands = {k: places.view(t).ctypes.data for k, t in activations.items()}
        results = {k: places.view(t).ctypes.data for k, t in enumerate(bound.outputs)}
        scratch = places.offsets.get(scratch_name(bound.node), 0)
        call_kernel(bound, choice.call, operands, results, places.arena.ctypes.data + scratch)
    found.poisoned += places.poison(_needed(graph, len(graph.nodes)))
    _remember(graph, plan, places)
    olds = [s.input for s in graph.states]
    found.poisoned += places.poison([*graph.outputs, *olds])
    for name, data in places.kept.items():
        assert np.array_equal(data, copied(inputs[name])), "an input that is kept was written"
    tensors = graph.output_tensors
    found.outputs.append({t.name: places.view(t).copy().view(t.dtype.numpy).reshape(t.shape) for t in tensors})


def _run_rows(graph: Graph, stream: Stream, places: _Memory) -> int:
    """One row after the other, with the pattern between them; how many bytes it overwrote."""
    nodes = graph.nodes[stream.first : stream.last + 1]
    touched = {n for node in nodes for n in (*node.inputs, *node.outputs)}
    others = [n for n in _needed(graph, stream.last + 1) if n not in touched]
    follower, count = StreamFollower(graph, stream), 0
    for at, event in enumerate(stream.events):
        count += places.poison(others, follower.needed(at))
        if isinstance(event, Move):
            buffer = places.view(graph.tensor(event.tensor))
            buffer[: event.nbytes] = buffer[event.source : event.source + event.nbytes].copy()
        else:
            _call_row(graph, stream, event, places)
        follower.follow(event)
    return count


def _call_row(graph: Graph, stream: Stream, event: RowCall, places: _Memory) -> None:
    kernel = stream.kernel(event.node)
    whole = kernel.rows.bound
    operands = {k: places.view(whole.input(k)).ctypes.data + byte for k, byte in event.reads.items()}
    results = {0: places.view(whole.output).ctypes.data + event.write}
    scratch = places.offsets.get(scratch_name(graph.nodes[event.node]), 0)
    bound = kernel.rows.one_row(event.part)
    call_kernel(bound, kernel.calls[event.part], operands, results, places.arena.ctypes.data + scratch)


def _remember(graph: Graph, plan: MemoryPlan, places: _Memory) -> None:
    """The copies of new values; those that lie in the state buffer already leave it first."""
    sources: list[tuple[str, Array]] = []
    for state in (graph.states[i] for i in plan.states.copied):
        tensor = graph.tensor(state.output)
        source = copied(tensor.data) if tensor.data is not None else places.view(tensor)
        if is_staged(graph, plan.storage, state):
            first = places.offsets[staging_name(state)]
            places.arena[first : first + len(source)] = source
            source = places.arena[first : first + len(source)]
        sources.append((state.input, source))
    for name, source in sources:
        places.view(graph.tensor(name))[:] = source


def reference(graph: Graph, choices: Sequence[Choice], stream: Sequence[Mapping[str, Array]]) -> list[Values]:
    """The outputs of the same kernels with memory of its own for every tensor, for each inputs of `stream` in turn."""
    found = []
    states = {s.input: copied(initial_value(graph, s)) for s in graph.states}
    for inputs in stream:
        values = {**{name: copied(inputs[name]) for name in graph.inputs}, **states}
        for bound, choice in zip(graph.bound(), choices, strict=True):
            values.update({t.name: memory(t.type.nbytes) for t in bound.outputs})
            names = [t.name if t is not None else "" for t in bound.inputs]
            operands = {k: values[n].ctypes.data for k, n in enumerate(names) if n in values}
            results = {k: values[t.name].ctypes.data for k, t in enumerate(bound.outputs)}
            scratch = memory(choice.cost.scratch)
            call_kernel(bound, choice.call, operands, results, scratch.ctypes.data)
        found.append({t.name: values[t.name].view(t.dtype.numpy).reshape(t.shape) for t in graph.output_tensors})
        constants = {t.name: copied(t.data) for t in graph.constants if t.data is not None}
        states = {s.input: {**constants, **values}[s.output].copy() for s in graph.states}
    return found


def _needed(graph: Graph, done: int) -> list[str]:
    """Activations that exist before node `done` and are read by it, a later one, or after the last."""
    exist = {*graph.given, *(o for node in graph.nodes[:done] for o in node.outputs)}
    read = {*graph.kept, *(n for node in graph.nodes[done:] for n in node.inputs)}
    return sorted(exist & read)
