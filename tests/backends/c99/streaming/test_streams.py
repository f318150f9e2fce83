"""Chains that run row by row: the same bytes with a pattern over all that is dead, and less memory.

EDGEML_SIMULATED_CHAINS sets how many random chains there are for each machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import c99
from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.scheduling import arrange, arrange_rows
from edgeml.backends.c99.selection import PORTABLE, Machine, choose
from edgeml.backends.c99.streaming import Move, RowCall, Stream
from edgeml.backends.c99.streaming.search import StreamSearch
from edgeml.interpreter import run_single
from edgeml.ir import Graph
from edgeml.targets.cores import CORES
from edgeml.targets.emulator.target import EmulatedTarget
from edgeml.targets.host import HostTarget
from tests.backends.c99.simulator.simulate import Values, reference, simulate
from tests.backends.c99.streaming.chains import Chain, random_chain

COUNT = int(os.environ.get("EDGEML_SIMULATED_CHAINS", "25"))
M4 = CORES["cortex-m4"].machine
MACHINES = (PORTABLE, M4, CORES["cortex-m0plus"].machine)
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
needs_arm_gcc = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc")


def _chains(count: int, first: int) -> Iterator[tuple[Graph, int]]:
    seed = first
    while count:
        graph = random_chain(seed)
        if graph is not None:
            yield graph, seed
            count -= 1
        seed += 1


def _inputs(graph: Graph, seed: int) -> Values:
    rng = np.random.default_rng(seed)
    return {t.name: rng.integers(-128, 128, t.shape).astype(np.int8) for t in graph.input_tensors}


def _forced(graph: Graph, machine: Machine, seed: int) -> tuple[StreamSearch, tuple[Stream, ...]]:
    """Two streams at most, of nodes that are drawn, whatever they do to the arena."""
    search = StreamSearch(graph, choose(graph, machine, "ram"), machine, False)
    rng = np.random.default_rng(seed)
    found: list[Stream] = []
    start = 0
    while start < len(graph.nodes) - 1 and len(found) < 2:
        end = start
        while end < len(graph.nodes) and search.takes(end):
            end += 1
        if end - start >= 2:
            last = int(rng.integers(start + 1, end))
            new = search.stream(start, last)
            if new is not None:
                found.append(new)
            start = last + 1
        else:
            start = end + 1
    return search, tuple(found)


@needs_gcc
@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_no_row_depends_on_a_byte_that_is_dead(machine: Machine) -> None:
    poisoned = streams = overlapped = 0
    for graph, seed in _chains(COUNT, 10_000 * MACHINES.index(machine)):
        search, found = _forced(graph, machine, seed)
        choices = search.choices(found)
        inputs = _inputs(graph, seed)
        want = {graph.outputs[0]: run_single(graph, *inputs.values())}
        for keep in (False, True):
            plan = plan_calls(graph, choices, keep, found)
            got = simulate(graph, choices, plan, [inputs], found)
            assert all(got.outputs[0][n].tobytes() == want[n].tobytes() for n in want), f"seed {seed}, kept: {keep}"
            poisoned += got.poisoned
        streams += len(found)
        overlapped += any(most >= 0 for s in found for most in s.overlaps.values())
    print(f"{machine.name}: {streams} streams of {COUNT} chains, {poisoned:,} bytes overwritten, {overlapped} in place")
    assert poisoned > 0 and streams > COUNT // 2 and overlapped > 0


@needs_gcc
def test_an_output_that_goes_further_over_its_input_is_caught() -> None:
    caught = 0
    for graph, seed in _chains(30, 500):
        search, found = _forced(graph, PORTABLE, seed)
        wrong = tuple(replace(s, overlaps={k: m + 4 * 16 for k, m in s.overlaps.items()}) for s in found)
        choices, inputs = search.choices(found), _inputs(graph, seed)
        plan = plan_calls(graph, choices, False, wrong)
        got = simulate(graph, choices, plan, [inputs], found)
        want = reference(graph, choose(graph, PORTABLE, "ram"), [inputs])[0]
        caught += any(got.outputs[0][n].tobytes() != want[n].tobytes() for n in want)
    assert caught > 3


@needs_gcc
def test_windows_that_share_their_memory_are_caught() -> None:
    """Every buffer of a stream that is declared never to meet another."""
    caught = 0
    for graph, seed in _chains(20, 900):
        search, found = _forced(graph, PORTABLE, seed)
        wrong = tuple(replace(s, times={n: 1 << i for i, n in enumerate(s.times)}) for s in found)
        choices, inputs = search.choices(found), _inputs(graph, seed)
        got = simulate(graph, choices, plan_calls(graph, choices, False, wrong), [inputs], found)
        want = reference(graph, choose(graph, PORTABLE, "ram"), [inputs])[0]
        caught += any(got.outputs[0][n].tobytes() != want[n].tobytes() for n in want)
    assert caught > 3


def _deep(height: int = 20) -> Graph:
    """A residual block and a reduction, wide in the middle."""
    chain = Chain(3)
    x = chain.grow(chain.input(height, 8, 3), "conv_2d", 16)
    y = chain.grow(chain.grow(x, "depthwise_conv_2d", 0), "pointwise", 16)
    return chain.build(chain.mean(chain.grow(chain.sum(y, x), "conv_2d", 16, stride=2)))


def test_streams_make_the_arena_smaller_and_only_where_memory_is_the_aim() -> None:
    graph = _deep()
    whole = plan_calls(*arrange(graph, M4, "ram")).arena_bytes
    found = arrange_rows(graph, M4, "ram")
    plan = plan_calls(found.graph, found.choices, False, found.streams)
    assert plan.arena_bytes < whole * 0.7
    assert plan.lower_bound <= plan.arena_bytes
    # memory grows with the height of the image only by the input
    taller = arrange_rows(_deep(40), M4, "ram")
    more = plan_calls(taller.graph, taller.choices, False, taller.streams).arena_bytes - plan.arena_bytes
    assert more == 20 * 8 * 3
    for aim in ("balanced", "speed", "size"):
        assert not arrange_rows(graph, M4, aim).streams  # type: ignore[arg-type]


def test_the_schedule_asks_for_no_row_before_it_is_needed() -> None:
    found = arrange_rows(_deep(), M4, "ram")
    (stream,) = found.streams
    made: dict[str, int] = {}
    for event in stream.events:
        if isinstance(event, RowCall):
            rows = stream.kernel(event.node).rows
            low, high = rows.reach.rows(event.call)
            for index in rows.reads:
                name = rows.bound.input(index).name
                assert name == found.graph.inputs[0] or made[name] >= high
                if name in stream.windows:
                    assert made[name] - low <= stream.windows[name]
            made[rows.bound.output.name] = rows.made(event.call + 1)
        else:
            assert isinstance(event, Move) and event.source > 0 and event.nbytes > 0
    whole = {k.rows.bound.output.name: k.rows.bound.output.shape[1] for k in stream.kernels}
    assert all(made[n] == rows for n, rows in whole.items() if n not in stream.windows)


def _same(target: HostTarget | EmulatedTarget, graph: Graph, seed: int) -> None:
    x = np.stack([_inputs(graph, seed + k)[graph.inputs[0]][0] for k in range(2)])
    np.testing.assert_array_equal(target.run(x), run_single(graph, x))


@needs_gcc
@pytest.mark.parametrize("keep_input", [False, True])
def test_generated_code_runs_rows_on_the_host(keep_input: bool, tmp_path: Path) -> None:
    graph = _deep()
    manifest = c99.emit(graph, tmp_path / "c", optimize="ram", keep_input=keep_input)
    (entry,) = manifest.streams
    assert entry.calls > 60 and entry.last > entry.first
    assert any(e.rows for e in manifest.memory_map)
    assert c99.Manifest.from_json(manifest.to_json()) == manifest
    # twice: nothing is left over from the first run
    _same(HostTarget(tmp_path / "c", "gcc"), graph, 1)


@needs_arm_gcc
def test_rows_on_an_emulated_core(tmp_path: Path) -> None:
    """Layers are counted over all their rows, the trace has the tensors that are whole, the stack has its bound."""
    graph = _deep()
    manifest = c99.emit(graph, tmp_path / "c", machine=M4, optimize="ram")
    target = EmulatedTarget(tmp_path / "c", "cortex-m4", "gcc")
    _same(target, graph, 5)
    x = _inputs(graph, 5)[graph.inputs[0]][0]
    layers = target.profile(x).layers
    assert all(layer.instructions > layer.macs * 0.3 for layer in layers)
    assert all(layer.instructions > 0 for layer in layers)
    assert target.memory.stack_bound is not None and target.memory.stack <= target.memory.stack_bound
    (arena,) = target.trace(x)
    place = next(e for e in manifest.memory_map if e.tensor == graph.outputs[0])
    got = np.frombuffer(arena[place.offset : place.offset + place.bytes], np.int8)
    np.testing.assert_array_equal(got, run_single(graph, x[None]).ravel())
