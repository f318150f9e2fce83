"""The memory plan: what lives at the same time never overlaps."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.c99 import plan_memory
from edgeml.backends.c99.memory import ALIGNMENT
from edgeml.ir import DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from tests.backends.c99.graphs import classifier, two_by_two

Q = Quantization.per_tensor(0.1, 0)


def _random_graph(seed: int) -> Graph:
    """A web of additions, joins, reshapes and pads over vectors of random sizes."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("web", OPS)
    live = [b.input(f"in{i}", (1, int(rng.integers(1, 50))), DType.INT8, Q) for i in range(int(rng.integers(1, 4)))]
    sizes = {n: t.shape[-1] for n, t in b.build([]).tensors.items()}
    for i in range(int(rng.integers(2, 25))):
        a, c = (live[int(k)] for k in rng.integers(0, len(live), 2))
        kind = int(rng.integers(0, 4))
        if kind == 0 and sizes[a] == sizes[c]:
            name, size = b.add("add", [a, c], BinaryAttrs(), name=f"n{i}", quantization=Q), sizes[a]
        elif kind == 1 and sizes[a] + sizes[c] < 500:
            name = b.add("concatenation", [a, c], ConcatenationAttrs(1), name=f"n{i}", quantization=Q)
            size = sizes[a] + sizes[c]
        elif kind == 2:
            name, size = b.add("reshape", [a], ReshapeAttrs((1, sizes[a])), name=f"n{i}", quantization=Q), sizes[a]
        else:
            name = b.add("pad", [a], PadAttrs(((0, 0), (1, 2))), name=f"n{i}", quantization=Q)
            size = sizes[a] + 3
        sizes[name] = size
        live.append(name)
    computed = [n for n in live if not n.startswith("in")]
    return b.build(sorted({computed[-1], *rng.choice(computed, 2)}))


@pytest.mark.parametrize("seed", range(150))
def test_blocks_that_live_together_do_not_overlap(seed: int) -> None:
    graph = _random_graph(seed)
    scratch = {i: 4 * i + 1 for i in range(0, len(graph.nodes), 3)}
    plan = plan_memory(graph, scratch)
    for i, a in enumerate(plan.blocks):
        assert a.offset % ALIGNMENT == 0 and a.first <= a.last
        assert a.offset + a.bytes <= plan.arena_bytes
        for b in plan.blocks[i + 1 :]:
            together = a.first <= b.last and b.first <= a.last
            apart = a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset
            assert apart or not together, (a, b)


@pytest.mark.parametrize("seed", range(150))
def test_every_value_survives_until_its_last_reader(seed: int) -> None:
    """Replay the plan with names instead of bytes: a reader must find what was written for it."""
    graph = _random_graph(seed)
    plan = plan_memory(graph)
    blocks = {b.tensor: b for b in plan.blocks}
    arena = [""] * plan.arena_bytes
    outside = {name: name for name in graph.inputs}
    for i, node in enumerate(graph.nodes):
        for name in node.inputs:
            owner = plan.storage[name]
            if owner in blocks:
                nbytes = graph.tensor(name).type.nbytes
                found = set(arena[blocks[owner].offset : blocks[owner].offset + nbytes])
            else:
                found = {outside[owner]}
            assert {plan.storage[f] for f in found} == {owner}, (i, node)
        owner = plan.storage[node.outputs[0]]
        if owner in blocks:
            block = blocks[owner]
            arena[block.offset : block.offset + block.bytes] = [owner] * block.bytes
        elif i not in plan.skipped:
            assert owner not in graph.inputs, "a node would write into the caller's input"
            outside[owner] = owner
    for name in graph.outputs:
        assert plan.storage[name] == name and outside[name] == name


def test_a_flatten_costs_nothing() -> None:
    plan = plan_memory(classifier())
    assert plan.skipped == {2}
    assert plan.storage["flatten"] == "pool"


def test_reshapes_of_an_input_and_into_an_output_use_the_callers_memory() -> None:
    plan = plan_memory(two_by_two())
    assert plan.storage["view"] == "left"
    assert plan.storage["both"] == "table"
    assert plan.arena_bytes == 0


def test_the_arena_is_no_larger_than_what_lives_at_once_in_a_chain() -> None:
    plan = plan_memory(classifier())
    assert plan.arena_bytes == 8 * 8 * 5 + 4 * 4 * 5
