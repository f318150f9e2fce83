"""The order of nodes: topological, as good as the best of all orders on small graphs, kept where nothing is gained."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99 import emit
from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.planner.order import Ordering, Step
from edgeml.backends.c99.scheduling import schedule
from edgeml.backends.c99.selection import PORTABLE, choose
from edgeml.ir import DType, Graph, GraphBuilder, Quantization, verify
from edgeml.ops import OPS
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reduction import ReduceAttrs

Q = Quantization.per_tensor(0.1, 0)


def _ordering(seed: int) -> tuple[Ordering, list[Step]]:
    """Up to seven steps; each writes one memory and reads one or two earlier ones, some of which overlap."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 8))
    sizes = [int(rng.integers(1, 50)) for _ in range(count + 1)]
    steps = []
    for i in range(count):
        reads = frozenset(int(m) for m in rng.integers(max(0, i - 3), i + 1, int(rng.integers(1, 3))))
        overlaps = {(m, i + 1): int(rng.integers(-20, 5)) for m in reads if rng.random() < 0.5}
        steps.append(Step(reads, (i + 1,), int(rng.integers(0, 20)), overlaps))
    return Ordering(steps, sizes, [0], [count]), steps


@pytest.mark.parametrize("seed", range(40))
def test_the_order_is_as_good_as_the_best_of_all(seed: int) -> None:
    ordering, steps = _ordering(seed)
    found = ordering.best()
    assert found.peak == ordering.peak(found.order)

    def possible(order: tuple[int, ...]) -> bool:
        return all(m == 0 or order.index(m - 1) < order.index(i) for i, s in enumerate(steps) for m in s.reads)

    assert possible(found.order)
    every = [o for o in itertools.permutations(range(len(steps))) if possible(o)]
    assert found.peak <= min(ordering.peak(o) for o in every)


def _two_branches() -> Graph:
    """Two wide values, each reduced to a small one: written side by side."""
    b = GraphBuilder("branches", OPS)
    x = b.input("x", (1, 10), DType.INT8, Q)
    wide = [b.add("pad", [x], PadAttrs(((0, 0), (n, 90))), name=f"wide{n}", quantization=Q) for n in range(3)]
    small = [b.add("reduce_max", [w], ReduceAttrs((1,), True), name=f"small_{w}", quantization=Q) for w in wide]
    joined = b.add("concatenation", small, ConcatenationAttrs(1), name="joined", quantization=Q)
    return b.build([joined])


def test_branches_are_finished_one_after_the_other(tmp_path: Path) -> None:
    graph = _two_branches()
    choices = choose(graph, PORTABLE)
    other, order = schedule(graph, choices)
    others = [choices[i] for i in order]
    verify(other, OPS)
    assert plan_calls(other, others).arena_bytes < plan_calls(graph, choices).arena_bytes / 2
    manifest = emit(graph, tmp_path / "c")
    assert [entry.name for entry in manifest.layers] == [n.name for n in other.nodes]
    assert manifest.arena_bytes == plan_calls(other, others).arena_bytes


def test_an_order_that_cannot_be_bettered_stays() -> None:
    b = GraphBuilder("chain", OPS)
    y = b.input("x", (1, 10), DType.INT8, Q)
    for i in range(5):
        y = b.add("add", [y, y], BinaryAttrs(), name=f"n{i}", quantization=Q)
    graph = b.build([y])
    choices = choose(graph, PORTABLE)
    assert schedule(graph, choices) == (graph, range(5))
