"""Plans of random graphs, run with a pattern over every dead byte: no output may change.

EDGEML_SIMULATED_GRAPHS sets how many graphs there are for each machine.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.memory import plan_memory
from edgeml.backends.c99.scheduling import arrange
from edgeml.backends.c99.selection import PORTABLE, Choice, Machine, choose
from edgeml.ir import DType, Graph
from edgeml.ops import OPS
from edgeml.targets.cores import CORES
from tests.backends.c99.simulator.simulate import Values, reference, simulate
from tests.contract.cases.recurrent import CASES as RECURRENT
from tests.random_graphs.generator import random_graph, random_inputs
from tests.random_graphs.memory import with_states
from tests.stateful import ALL as STATEFUL

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
COUNT = int(os.environ.get("EDGEML_SIMULATED_GRAPHS", "60"))
# runs of a graph that remembers
RUNS = 3
MACHINES = (PORTABLE, CORES["cortex-m4"].machine, CORES["cortex-m0plus"].machine)


def _graphs(count: int, first: int = 0, states: bool = False) -> Iterator[tuple[Graph, int]]:
    """`count` graphs of seeds from `first` on: even seeds are int8 graphs, odd ones float32; a third with `states`."""
    seed = first
    while count:
        graph = random_graph(seed, int8=seed % 2 == 0)
        if states and graph is not None and seed % 3 == 0:
            graph = with_states(graph, seed)
        if graph is not None and _has_c(graph):
            yield graph, seed
            count -= 1
        seed += 1


def _has_c(graph: Graph) -> bool:
    """A C library computes each output once, by an operator."""
    computed = {o for n in graph.nodes for o in n.outputs}
    return set(graph.outputs) <= computed and len(set(graph.outputs)) == len(graph.outputs)


def _stream(graph: Graph, seed: int) -> list[Values]:
    """Inputs of one run, or of some in turn where the graph remembers."""
    return [random_inputs(graph, seed + 1000 * k) for k in range(RUNS if graph.states else 1)]


def _equal(got: list[Values], want: list[Values]) -> bool:
    return all(g[n].tobytes() == w[n].tobytes() for g, w in zip(got, want, strict=True) for n in w)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_no_output_depends_on_a_byte_that_is_dead(machine: Machine) -> None:
    poisoned = overlapped = remembering = 0
    for graph, seed in _graphs(COUNT, 10_000 * MACHINES.index(machine), states=True):
        inputs = _stream(graph, seed)
        remembering += bool(graph.states)
        graph, choices = arrange(graph, machine, "balanced" if seed % 4 < 2 else "ram")
        want = reference(graph, choices, inputs)
        for keep in (False, True):
            plan = plan_calls(graph, choices, keep_inputs=keep)
            got = simulate(graph, choices, plan, inputs)
            assert _equal(got.outputs, want), f"seed {seed}, inputs kept: {keep}"
            assert plan.lower_bound <= plan.arena_bytes
            poisoned += got.poisoned
        scratch = {i: c.cost.scratch for i, c in enumerate(choices) if c.cost.scratch}
        overlapped += plan_calls(graph, choices).arena_bytes < plan_memory(graph, scratch).arena_bytes
    print(
        f"{machine.name}: {2 * COUNT} plans, {remembering} graphs with states, {poisoned:,} bytes overwritten, "
        f"{overlapped} graphs smaller by overlaps"
    )
    assert poisoned > 0 and overlapped > COUNT // 4 and remembering > COUNT // 5


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_streams_of_graphs_that_remember(machine: Machine) -> None:
    """Small ones made for it, and the operators that have states of their own."""
    rng = np.random.default_rng(4)
    recurrent = [(op, int8) for op in RECURRENT for int8 in (False, True) if not int8 or DType.INT8 in OPS[op].dtypes]
    graphs = [make() for make in STATEFUL.values()]
    graphs += [RECURRENT[op](rng, int8) for op, int8 in recurrent for _ in range(5)]
    for k, graph in enumerate(graphs):
        choices = choose(graph, machine)
        frames = _stream(graph, k)
        want = reference(graph, choices, frames)
        for keep in (False, True):
            got = simulate(graph, choices, plan_calls(graph, choices, keep_inputs=keep), frames)
            assert _equal(got.outputs, want), f"{graph.name} {k}, inputs kept: {keep}"
    assert any(not np.array_equal(a[n], b[n]) for a, b in pairwise(want) for n in a)


def test_copies_that_overwrite_a_value_too_early_are_caught() -> None:
    """The simulator's own check: states that change places, without the memory between."""
    graph = STATEFUL["swap"]()
    choices = choose(graph, PORTABLE)
    plan, frames = plan_calls(graph, choices), _stream(graph, 0)
    assert _equal(simulate(graph, choices, plan, frames).outputs, reference(graph, choices, frames))
    first = next(s for s in graph.states if s.initial)
    places = {s.input: plan.states.offsets[first.input] for s in graph.states}
    wrong = replace(plan, states=replace(plan.states, offsets=places))
    assert not _equal(simulate(graph, choices, wrong, frames).outputs, reference(graph, choices, frames))


def _wrong(graph: Graph, choices: tuple[Choice, ...], inputs: list[Values], extra: int) -> bool:
    """Whether the simulator notices that every kernel lets its outputs go `extra` pixels further than it may."""
    overlaps = {}
    for i, (bound, choice) in enumerate(zip(graph.bound(), choices, strict=True)):
        pixel = math.prod(bound.output.shape[-1:]) * bound.output.dtype.numpy.itemsize
        found = choice.kernel.accesses(bound, choice.call)
        overlaps[i] = [replace(o, most=o.most + extra * (o.step or -(-pixel // 4) * 4)) for o in found]
    scratch = {i: c.cost.scratch for i, c in enumerate(choices) if c.cost.scratch}
    plan = plan_memory(graph, scratch, overlaps)
    return not _equal(simulate(graph, choices, plan, inputs).outputs, reference(graph, choices, inputs))


@pytest.mark.parametrize("machine", MACHINES[:2], ids=lambda m: m.name)
def test_wrong_profiles_are_caught(machine: Machine) -> None:
    caught = 0
    for graph, seed in _graphs(60):
        choices = choose(graph, machine)
        inputs = _stream(graph, seed)
        assert not _wrong(graph, choices, inputs, 0), seed
        caught += _wrong(graph, choices, inputs, 1)
    print(f"{machine.name}: {caught} of 60 wrong plans corrupt an output")
    assert caught > 3


def test_a_value_that_is_read_again_is_never_overwritten() -> None:
    """The simulator's own check: a plan that puts the output on an input that stays alive."""
    for graph, seed in _graphs(400):
        choices = choose(graph, PORTABLE)
        late = [i for i, n in enumerate(graph.nodes) if any(n.inputs[0] in m.inputs for m in graph.nodes[i + 1 :])]
        if not late:
            continue
        plan = plan_calls(graph, choices)
        node = graph.nodes[late[0]]
        blocks = {b.tensor: b for b in plan.blocks}
        x, y = plan.storage.get(node.inputs[0]), plan.storage[node.outputs[0]]
        if x is None or x == y or late[0] in plan.skipped:
            continue
        moved = replace(blocks[y], offset=blocks[x].offset)
        size = max(plan.arena_bytes, moved.offset + moved.bytes)
        wrong = replace(plan, blocks=tuple(moved if b is blocks[y] else b for b in plan.blocks), arena_bytes=size)
        inputs = _stream(graph, seed)
        if not _equal(simulate(graph, choices, wrong, inputs).outputs, reference(graph, choices, inputs)):
            return
    pytest.fail("no wrong plan was caught")


def test_overlaps_of_one_node_are_all_checked_against_all_reads() -> None:
    """An operand that a node reads twice lies under its output only where both reads allow it."""
    rng = np.random.default_rng(0)
    for graph, seed in _graphs(60):
        overlaps = {i: [Overlap(0, 0, int(rng.integers(-8, 1)) * 4)] for i in range(len(graph.nodes))}
        plan = plan_memory(graph, {}, overlaps)
        for a in plan.blocks:
            for b in plan.blocks:
                both = a is not b and a.first < b.first <= a.last
                if both and a.offset < b.offset + b.bytes and b.offset < a.offset + a.bytes:
                    node = graph.nodes[b.first]
                    assert a.last == b.first, seed
                    assert all(plan.storage.get(n) != a.tensor for n in node.inputs[1:]), seed
                    assert b.offset - a.offset <= overlaps[b.first][0].most, seed
