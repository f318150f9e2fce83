"""Runs a memory plan layer by layer and writes a pattern over every byte that nothing needs any more.

What is needed is worked out here from the graph alone, not from the plan's own lifetimes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.backends.c99.memory import MemoryPlan, scratch_name
from edgeml.backends.c99.selection import Choice
from edgeml.ir import Array, Graph, Tensor
from tests.backends.c99.simulator.kernels import call_kernel, copied, memory

Values = dict[str, Array]


@dataclass
class Simulation:
    """One run; `poisoned` counts the bytes that were overwritten between layers."""

    outputs: Values
    poisoned: int = 0


def simulate(graph: Graph, choices: Sequence[Choice], plan: MemoryPlan, inputs: Mapping[str, Array]) -> Simulation:
    """The outputs of `graph` in the arena of `plan`. For graphs without states."""
    assert not graph.states
    offsets = {b.tensor: b.offset for b in plan.blocks}
    arena = memory(plan.arena_bytes)
    rng = np.random.default_rng(7)
    kept: Values = {}
    poisoned = 0

    def view(tensor: Tensor) -> Array:
        owner, shift = plan.storage[tensor.name], plan.shift.get(tensor.name, 0)
        memory = kept[owner] if owner not in offsets else arena[offsets[owner] :]
        return memory[shift : shift + tensor.type.nbytes]

    def poison(done: int) -> int:
        """Overwrite what no tensor holds that the nodes from `done` on, or the caller, still read."""
        needed = np.zeros(len(arena), bool)
        for name in _needed(graph, done):
            if plan.storage[name] in offsets:
                first = offsets[plan.storage[name]] + plan.shift.get(name, 0)
                needed[first : first + graph.tensor(name).type.nbytes] = True
        arena[~needed] = rng.integers(0, 256, int((~needed).sum()))
        return int((~needed).sum())

    for name in graph.inputs:
        if plan.storage[name] not in offsets:
            kept[name] = copied(inputs[name])
        else:
            view(graph.tensor(name))[:] = copied(inputs[name])
    for i, (bound, choice) in enumerate(zip(graph.bound(), choices, strict=True)):
        poisoned += poison(i)
        if i in plan.skipped:
            continue
        operands = {k: view(t).ctypes.data for k, t in enumerate(bound.inputs) if t is not None and not t.is_constant}
        results = {k: view(t).ctypes.data for k, t in enumerate(bound.outputs)}
        scratch = offsets.get(scratch_name(bound.node), 0)
        call_kernel(bound, choice.call, operands, results, arena.ctypes.data + scratch)
    poisoned += poison(len(graph.nodes))
    for name, data in kept.items():
        assert np.array_equal(data, copied(inputs[name])), "an input that is kept was written"
    return Simulation(
        {t.name: view(t).copy().view(t.dtype.numpy).reshape(t.shape) for t in graph.output_tensors}, poisoned
    )


def reference(graph: Graph, choices: Sequence[Choice], inputs: Mapping[str, Array]) -> Values:
    """The outputs of the same kernels with memory of its own for every tensor."""
    values = {name: copied(inputs[name]) for name in graph.inputs}
    for bound, choice in zip(graph.bound(), choices, strict=True):
        values.update({t.name: memory(t.type.nbytes) for t in bound.outputs})
        names = [t.name if t is not None else "" for t in bound.inputs]
        operands = {k: values[n].ctypes.data for k, n in enumerate(names) if n in values}
        results = {k: values[t.name].ctypes.data for k, t in enumerate(bound.outputs)}
        scratch = memory(choice.cost.scratch)
        call_kernel(bound, choice.call, operands, results, scratch.ctypes.data)
    return {t.name: values[t.name].view(t.dtype.numpy).reshape(t.shape) for t in graph.output_tensors}


def _needed(graph: Graph, done: int) -> list[str]:
    """Activations that exist before node `done` and are read by it, a later one, or the caller."""
    exist = {*graph.inputs, *(o for node in graph.nodes[:done] for o in node.outputs)}
    read = {*graph.outputs, *(n for node in graph.nodes[done:] for n in node.inputs)}
    return sorted(exist & read)
