"""The memory plan: what lives at the same time never overlaps."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.c99 import plan_memory
from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.memory import ALIGNMENT
from edgeml.ir import DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
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


@pytest.mark.parametrize("seed", range(60))
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


@pytest.mark.parametrize("seed", range(60))
def test_every_value_survives_until_its_last_reader(seed: int) -> None:
    """Replay the plan with names instead of bytes: a reader must find what was written for it."""
    graph = _random_graph(seed)
    plan = plan_memory(graph)
    blocks = {b.tensor: b for b in plan.blocks}
    arena = [""] * plan.arena_bytes

    def span(name: str) -> slice:
        first = blocks[plan.storage[name]].offset + plan.shift.get(name, 0)
        return slice(first, first + graph.tensor(name).type.nbytes)

    def write(name: str) -> None:
        arena[span(name)] = [plan.storage[name]] * graph.tensor(name).type.nbytes

    def check(name: str) -> None:
        assert set(arena[span(name)]) == {plan.storage[name]}, name

    for name in graph.inputs:
        write(name)
    for i, node in enumerate(graph.nodes):
        for name in node.inputs:
            check(name)
        if i not in plan.skipped:
            write(node.outputs[0])
    for name in graph.outputs:
        assert plan.storage[name] == name
        check(name)


def test_a_flatten_costs_nothing() -> None:
    plan = plan_memory(classifier())
    assert plan.skipped == {2}
    assert plan.storage["flatten"] == "pool"


def test_reshapes_share_the_memory_of_inputs_and_outputs() -> None:
    plan = plan_memory(two_by_two())
    assert plan.storage["view"] == "left"
    assert plan.storage["both"] == "table"
    # both inputs and both outputs at once: nothing overlaps
    assert plan.arena_bytes == plan.lower_bound == 8 + 8 + 12 + 8


def _in_two_halves() -> Graph:
    """Two halves of an image, each padded, one behind the other again."""
    b = GraphBuilder("halves", OPS)
    x = b.input("x", (1, 4, 2, 2), DType.INT8, Q)
    parts = []
    for i in range(2):
        attrs = StridedSliceAttrs((0, 2 * i, 0, 0), (1, 2, 2, 2), (1, 1, 1, 1))
        half = b.add("strided_slice", [x], attrs, name=f"half{i}", quantization=Q)
        parts.append(b.add("add", [half, half], BinaryAttrs(), name=f"part{i}", quantization=Q))
    return b.build([b.add("concatenation", parts, ConcatenationAttrs(1), name="y", quantization=Q)])


def test_parts_of_an_image_and_what_they_make_up_share_its_memory() -> None:
    plan = plan_memory(_in_two_halves())
    assert plan.skipped == {0, 2, 4}
    assert plan.storage == {"x": "x", "half0": "x", "half1": "x", "part0": "y", "part1": "y", "y": "y"}
    assert plan.shift == {"half1": 8, "part1": 8}
    assert plan.arena_bytes == 32


def test_inputs_that_are_kept_are_not_in_the_arena() -> None:
    plan = plan_memory(two_by_two(), keep_inputs=True)
    assert {b.tensor for b in plan.blocks} == {"table", "total"}
    assert plan.arena_bytes == 12 + 8


def test_an_output_lies_over_the_input_that_its_node_reads_last() -> None:
    plan = plan_memory(two_by_two(), overlaps={2: (Overlap(1, 0, 0),)})
    assert plan.block("total").offset == plan.block("right").offset
    assert plan.arena_bytes == plan.lower_bound == 8 + 8 + 12


def test_the_arena_is_no_larger_than_what_lives_at_once_in_a_chain() -> None:
    plan = plan_memory(classifier())
    assert plan.arena_bytes == plan.lower_bound == 8 * 8 * 5 + 4 * 4 * 5
