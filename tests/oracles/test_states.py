"""States in the exported files: LiteRT and ONNX Runtime carry them as the interpreter does, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends import litert, onnx
from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import read
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run, run_stream
from edgeml.ir import Array
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.stateful import ALL, frames, running_sum, swap

# the graphs whose operators equal LiteRT and ONNX Runtime; int8 addition in ONNX Runtime is off by one step
EXACT_ONNX = [n for n in ALL if n not in ("running_sum_int8", "output_is_state_int8")]


def _equal(got: Array, want: Array) -> None:
    if want.dtype == np.float32:
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", ALL)
def test_litert_carries_the_state(name: str) -> None:
    graph = ALL[name]()
    target, x = LiteRTTarget(litert.emit(graph)), frames(graph)
    arrays = list(x.values())
    for reference, theirs in ((run_stream, target.run_stream), (run, target.run_all), (run_stream, target.run_stream)):
        for output, got in zip(graph.outputs, theirs(arrays), strict=True):
            _equal(got, reference(graph, x)[output])


@pytest.mark.parametrize("name", EXACT_ONNX)
def test_onnx_runtime_carries_the_state(name: str) -> None:
    graph = ALL[name]()
    target, x = OnnxRuntimeTarget(onnx.emit(graph)), frames(graph)
    arrays = list(x.values())
    for reference, theirs in ((run_stream, target.run_stream), (run, target.run_all), (run_stream, target.run_stream)):
        for output, got in zip(graph.outputs, theirs(arrays), strict=True):
            _equal(got, reference(graph, x)[output])


@pytest.mark.parametrize("name", ALL)
def test_a_file_with_states_is_read_back(name: str) -> None:
    graph = ALL[name]()
    again = from_litert(litert.emit(graph), name=graph.name)
    assert len(again.states) == len(graph.states)
    x = frames(graph)
    for got, want in zip(run_stream(again, x).values(), run_stream(graph, x).values(), strict=True):
        _equal(got, want)
    assert litert.emit(again) == litert.emit(graph)


def test_onnx_states_have_documented_names_and_defaults() -> None:
    import onnx as library

    model = library.load_from_string(onnx.emit(swap()))
    assert [i.name for i in model.graph.input] == ["x", "left_in", "right_in"]
    assert [o.name for o in model.graph.output] == ["y", "left_out", "right_out"]
    library.checker.check_model(model, full_check=True)


def test_a_variable_without_an_initial_value_starts_at_zero() -> None:
    from dataclasses import replace

    from edgeml.formats.litert import write

    records = read(litert.emit(running_sum(initial=np.ones((1, 3), np.float32))))
    bare = replace(records, operators=records.operators[1:], others=())
    graph = from_litert(write(bare))
    assert run(graph, {"x": np.zeros((1, 3), np.float32)})["y"].tolist() == [[0, 0, 0]]


def test_a_variable_that_no_run_assigns_is_a_constant() -> None:
    from dataclasses import replace

    from edgeml.formats.litert import write

    records = read(litert.emit(running_sum(initial=np.full((1, 3), 2, np.float32))))
    kept = tuple(op for op in records.operators if op.builtin != "ASSIGN_VARIABLE")
    graph = from_litert(write(replace(records, operators=kept)))
    assert graph.states == () and graph.tensor("total").is_constant
    assert run(graph, {"x": np.zeros((1, 3), np.float32)})["y"].tolist() == [[2, 2, 2]]


def test_broken_variables_are_refused() -> None:
    from dataclasses import replace

    from edgeml.formats.litert import write

    records = read(litert.emit(running_sum(initial=np.ones((1, 3), np.float32))))
    without = replace(records, operators=tuple(o for o in records.operators if o.builtin != "VAR_HANDLE"))
    with pytest.raises(ModelFormatError, match="is used as a variable but is none"):
        from_litert(write(without))
    once = replace(records.operators[0], options={"initSubgraphIndex": 7})
    with pytest.raises(ModelFormatError, match="names graph 7"):
        from_litert(write(replace(records, operators=(once, *records.operators[1:]))))
    (initial,) = records.others
    computed = replace(initial.operators[1], builtin="ADD", inputs=(1, 1), outputs=(1,))
    others = (replace(initial, operators=(initial.operators[0], computed)),)
    with pytest.raises(UnsupportedError, match="initial values are computed by ADD"):
        from_litert(write(replace(records, others=others)))
