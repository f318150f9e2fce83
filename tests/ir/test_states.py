"""States of a graph: legality, text, and what passes and the interpreter make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeml.backends.boundary import with_io
from edgeml.errors import GraphError
from edgeml.inspection import summarize
from edgeml.interpreter import run, run_stream
from edgeml.ir import DType, Graph, GraphBuilder, State, format_graph, verify
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.passes import canonicalize
from edgeml.passes.readable_names import shorten_names
from edgeml.quantize import quantize, quantize_input
from tests.stateful import ALL, delay_line, frames, output_is_state, running_sum, swap


@pytest.mark.parametrize("name", ALL)
def test_graphs_with_states_are_legal_before_and_after_the_passes(name: str) -> None:
    graph = verify(ALL[name](), OPS)
    x = frames(graph)
    want = run_stream(graph, x)
    for changed in (canonicalize(graph), shorten_names(graph)):
        assert len(changed.states) == len(graph.states)
        for got, output in zip(run_stream(changed, x).values(), want.values(), strict=True):
            np.testing.assert_allclose(got, output, rtol=1e-6, atol=1e-6)


def test_a_stream_carries_the_state_and_samples_do_not() -> None:
    graph = running_sum(initial=np.full((1, 3), 2, np.float32))
    x = np.ones((4, 3), np.float32)
    np.testing.assert_array_equal(run_stream(graph, {"x": x})["y"][:, 0], [3, 4, 5, 6])
    np.testing.assert_array_equal(run(graph, {"x": x})["y"][:, 0], [3, 3, 3, 3])


def test_a_quantised_state_starts_at_real_zero() -> None:
    graph = running_sum(int8=True)
    out = run(graph, {"x": np.full((1, 3), 7, np.int8)})["y"]
    np.testing.assert_array_equal(out, 7)


def test_states_that_change_places() -> None:
    x = np.zeros((4, 2), np.float32)
    np.testing.assert_array_equal(run_stream(swap(), {"x": x})["y"][:, 0], [1, 0, 1, 0])


def test_text_names_state_next_value_and_initial_value() -> None:
    text = format_graph(running_sum(int8=True, initial=np.zeros((1, 3), np.int8)))
    assert "state  %total: int8[1,3] q(0.25, 3) next %sum initially %start\n" in text


def test_a_reshape_that_makes_the_next_state_is_no_identity_and_no_dead_code() -> None:
    b = GraphBuilder("g", OPS)
    x, old = b.input("x", (1, 4)), b.state("s", (1, 4))
    y = b.add("relu", [old], name="y")
    flat = b.add("reshape", [x], ReshapeAttrs((1, 4)), name="flat")
    dead = b.add("relu", [x], name="dead")
    b.next_state(old, flat)
    graph = canonicalize(b.build([y]))
    assert [n.name for n in graph.nodes] == ["y", "flat"] and dead not in graph.tensors
    np.testing.assert_array_equal(run_stream(graph, {"x": np.eye(4, dtype=np.float32)})["y"][1:], np.eye(4)[:3])


def test_an_activation_does_not_fuse_into_what_a_state_keeps() -> None:
    graph = canonicalize(running_sum())
    assert [n.op for n in graph.nodes] == ["add", "relu"]


def test_inspection_lists_states() -> None:
    assert [s.name for s in summarize(delay_line()).states] == ["frame0", "frame1"]


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ((State("x", "sum"),), "state 'x': must be one state, and neither an input nor a constant"),
        ((State("total", "sum"), State("total", "sum")), "must be one state"),
        ((State("total", "half"),), "its next value 'half' must have its type, float32(1, 3). Got float32(1, 2)"),
        ((State("total", "lost"),), "its next value 'lost' is never computed"),
        ((State("total", "sum", "x"),), "its initial value 'x' must be a constant"),
        ((), "input 'total' is used before it is computed"),
    ],
)
def test_broken_states_are_refused(states: tuple[State, ...], message: str) -> None:
    graph = running_sum()
    shape = replace(graph.tensor("total").type, shape=(1, 2))
    tensors = {
        **graph.tensors,
        "half": replace(graph.tensor("total"), name="half", type=shape),
        "lost": replace(graph.tensor("total"), name="lost"),
    }
    with pytest.raises(GraphError) as caught:
        verify(replace(graph, tensors=tensors, states=states), OPS)
    assert message in str(caught.value)


def _float_error(graph: Graph, x: np.ndarray) -> float:
    result = quantize(graph, x)
    int8, name = result.graph, result.graph.outputs[0]
    for state in int8.states:
        assert int8.tensor(state.input).type == int8.tensor(state.output).type
        assert int8.tensor(state.input).dtype is DType.INT8
    type_ = int8.tensor(name).type
    codes = quantize_input(x, int8.input_tensors[0].type)
    got = run_stream(int8, {"x": codes})[name].astype(np.float32)
    want = run_stream(result.float_graph, {"x": x})[name]
    return float(np.abs((got - type_.zero_point) * type_.scale - want).max() / np.abs(want).max())


def test_quantised_states_share_one_quantisation_and_follow_the_float_stream() -> None:
    x = np.random.default_rng(2).normal(size=(64, 4)).astype(np.float32)
    assert _float_error(delay_line(), x) < 0.03
    assert _float_error(output_is_state(), x) < 0.05


def test_calibration_sees_the_stream_not_single_frames() -> None:
    """The sum of 50 ones needs a range that no single frame has."""
    result = quantize(running_sum(), np.ones((50, 3), np.float32))
    type_ = result.graph.tensor("sum").type
    assert (127 - type_.zero_point) * type_.scale == pytest.approx(50, rel=0.01)


def test_a_quantised_initial_value_is_the_float_one() -> None:
    start = np.float32([[1.0, -1.0, 0.5]])
    graph = quantize(running_sum(initial=start), np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)).graph
    state = graph.states[0]
    type_ = graph.tensor(state.input).type
    codes = graph.tensor(state.initial).data
    assert codes is not None
    np.testing.assert_allclose((codes.astype(np.float32) - type_.zero_point) * type_.scale, start, atol=type_.scale)


def test_a_float_boundary_leaves_the_states_int8() -> None:
    graph = with_io(output_is_state(int8=True), "float32")
    assert graph.tensor(graph.outputs[0]).dtype is DType.FLOAT32
    assert graph.tensor(graph.states[0].output).dtype is DType.INT8
    x = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    want = run_stream(
        output_is_state(int8=True), {"x": np.clip(np.rint(x / np.float32(0.1)) + 10, -128, 127).astype(np.int8)}
    )
    got = run_stream(graph, {"x": x})
    np.testing.assert_allclose(got["new"], (want["new"].astype(np.float32) - 10) * np.float32(0.1), atol=1e-6)


def test_batched_samples_each_start_from_the_initial_state() -> None:
    b = GraphBuilder("g", OPS)
    x, old = b.input("x", (1, 2)), b.state("s", (1, 2))
    new = b.add("add", [x, old], BinaryAttrs(), name="new")
    b.next_state(old, new, b.constant("first", np.float32([[1, 2]])))
    graph = b.build([new])
    out = run(graph, {"x": np.float32([[0, 0], [5, 5]])}, ["s"])
    np.testing.assert_array_equal(out["new"], [[1, 2], [6, 7]])
