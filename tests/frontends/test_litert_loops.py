"""WHILE with a fixed trip count is unrolled; every other loop is refused with the remedy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, SubgraphRecord, TensorRecord, TfliteModel, write
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import evaluate, run
from edgeml.ir import DType, TensorType
from edgeml.passes import canonicalize
from edgeml.targets.litert_runtime import LiteRTTarget

INT, FLOAT, FLAG = (TensorType(s, d) for s, d in (((), DType.INT32), ((1, 3), DType.FLOAT32), ((), DType.BOOL)))


def _int(name: str, value: int) -> TensorRecord:
    return TensorRecord(name, INT, np.asarray(value, np.int32))


def _loop(turns: int, step: int = 1) -> TfliteModel:
    """y = ((x * w + 1) * w + 1) … : the counter goes from 0 by `step` while it is below `turns`."""
    condition = SubgraphRecord(
        "cond",
        (TensorRecord("i", INT), TensorRecord("v", FLOAT), _int("turns", turns), TensorRecord("more", FLAG)),
        (OperatorRecord("LESS", 1, (0, 2), (3,)),),
        (0, 1),
        (3,),
    )
    weights = np.float32([[0.5, -1.5, 2.0]])
    body = SubgraphRecord(
        "body",
        (
            TensorRecord("i", INT),
            TensorRecord("v", FLOAT),
            _int("step", step),
            TensorRecord("w", FLOAT, weights),
            TensorRecord("one", FLOAT, np.ones((1, 3), np.float32)),
            TensorRecord("next", INT),
            TensorRecord("scaled", FLOAT),
            TensorRecord("moved", FLOAT),
        ),
        (
            OperatorRecord("ADD", 1, (0, 2), (5,), "AddOptions"),
            OperatorRecord("MUL", 1, (1, 3), (6,), "MulOptions"),
            OperatorRecord("ADD", 1, (6, 4), (7,), "AddOptions"),
        ),
        (0, 1),
        (5, 7),
    )
    tensors = (TensorRecord("x", FLOAT), _int("zero", 0), TensorRecord("i_out", INT), TensorRecord("y", FLOAT))
    options = {"condSubgraphIndex": 1, "bodySubgraphIndex": 2}
    loop = OperatorRecord("WHILE", 1, (1, 0), (2, 3), "WhileOptions", options)
    return TfliteModel("main", tensors, (loop,), (0,), (3,), {}, (condition, body))


@pytest.mark.parametrize("turns", [1, 2, 7])
def test_a_loop_of_known_length_is_its_body_in_a_row(turns: int) -> None:
    data = write(_loop(turns))
    graph = from_litert(data)
    assert [n.op for n in graph.nodes] == ["mul", "add"] * turns
    assert len(graph.constants) == 2, "the weights are the same tensors in every turn"
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(run(graph, {"x": x})[graph.outputs[0]], LiteRTTarget(data).run(x), rtol=1e-6)


def test_a_loop_that_never_ends_is_stopped() -> None:
    with pytest.raises(UnsupportedError, match="runs more than 512 times"):
        from_litert(write(_loop(5, step=0)))


def _changed(**changes: Any) -> bytes:
    model = _loop(3)
    return write(replace(model, operators=(replace(model.operators[0], **changes),)))


def test_a_condition_on_what_the_model_computes_is_refused_with_the_remedy() -> None:
    model = _loop(3)
    condition = model.others[0]
    shaped = (*condition.tensors[:3], TensorRecord("more", TensorType((1, 3), DType.BOOL)))
    on_data = replace(condition, tensors=shaped, operators=(OperatorRecord("EQUAL", 1, (1, 1), (3,)),))
    with pytest.raises(UnsupportedError, match=r"how often the loop runs is not fixed.*unroll=True"):
        from_litert(write(replace(model, others=(on_data, model.others[1]))))


def test_inconsistent_loops_are_damaged_files() -> None:
    for changes in (
        {"options": {"condSubgraphIndex": 9, "bodySubgraphIndex": 2}},
        {"options": {"condSubgraphIndex": 0, "bodySubgraphIndex": 2}},
        {"inputs": (1,)},
    ):
        with pytest.raises(ModelFormatError):
            from_litert(_changed(**changes))


def test_a_loop_in_a_loop_is_refused() -> None:
    model = _loop(3)
    body = model.others[1]
    nested = replace(body, operators=(*body.operators, replace(model.operators[0], inputs=(0, 1), outputs=(5, 7))))
    with pytest.raises(EdgeMLError, match="holds a WHILE inside"):
        from_litert(write(replace(model, others=(model.others[0], nested))))


ROW, LIST = (TensorType(s, DType.FLOAT32) for s in ((1, 3), (4, 3)))


def _ints(name: str, *values: int) -> TensorRecord:
    data = np.asarray(values, np.int32)
    return TensorRecord(name, TensorType(data.shape, DType.INT32), data)


def _list_loop(order: int = 1) -> TfliteModel:
    """Row i of the result is x + i: head, item and tail are joined in every turn, as TensorListSetItem is converted."""
    one, vector = (TensorType((n,), DType.INT32) for n in (1, 2))
    condition = SubgraphRecord(
        "cond",
        (
            TensorRecord("i", INT),
            TensorRecord("l", LIST),
            TensorRecord("v", ROW),
            _int("n", 4),
            TensorRecord("m", FLAG),
        ),
        (OperatorRecord("LESS", 1, (0, 3), (4,)),),
        (0, 1, 2),
        (4,),
    )
    body = SubgraphRecord(
        "body",
        (
            TensorRecord("i", INT),
            TensorRecord("l", LIST),
            TensorRecord("v", ROW),
            _int("one", 1),  # 3
            TensorRecord("next", INT),
            _ints("shape1", 1),  # 5
            TensorRecord("i1", one),
            _ints("all", -1),  # 7
            TensorRecord("head_size", vector),
            _ints("zeros", 0, 0),  # 9
            TensorRecord("head", ROW, signature=(-1, 3)),
            TensorRecord("n1", one),  # 11
            _ints("zero", 0),
            TensorRecord("tail_begin", vector),  # 13
            _ints("rest", -1, -1),
            TensorRecord("tail", ROW, signature=(-1, 3)),  # 15
            TensorRecord("joined", LIST),
            TensorRecord("moved", ROW),  # 17
            TensorRecord("step", ROW, np.ones((1, 3), np.float32)),
        ),
        (
            OperatorRecord("ADD", 1, (0, 3), (4,), "AddOptions"),
            OperatorRecord("RESHAPE", 1, (0, 5), (6,), "ReshapeOptions"),
            OperatorRecord("CONCATENATION", 1, (6, 7), (8,), "ConcatenationOptions"),
            OperatorRecord("SLICE", 1, (1, 9, 8), (10,)),
            OperatorRecord("RESHAPE", 1, (4, 5), (11,), "ReshapeOptions"),
            OperatorRecord("CONCATENATION", 1, (11, 12), (13,), "ConcatenationOptions"),
            OperatorRecord("SLICE", 1, (1, 13, 14), (15,)),
            OperatorRecord("CONCATENATION", 1, (10, 2, 15)[::order], (16,), "ConcatenationOptions"),
            OperatorRecord("ADD", 1, (2, 18), (17,), "AddOptions"),
        ),
        (0, 1, 2),
        (4, 16, 17),
    )
    tensors = (
        TensorRecord("x", ROW),
        _int("zero", 0),
        TensorRecord("empty", LIST, np.zeros((4, 3), np.float32)),
        TensorRecord("i_out", INT),
        TensorRecord("y", LIST),
        TensorRecord("last", ROW),
    )
    options = {"condSubgraphIndex": 1, "bodySubgraphIndex": 2}
    loop = OperatorRecord("WHILE", 1, (1, 2, 0), (3, 4, 5), "WhileOptions", options)
    return TfliteModel("main", tensors, (loop,), (0,), (4,), {}, (condition, body))


def test_the_list_of_results_is_joined_once_after_the_loop() -> None:
    data = write(_list_loop())
    graph = from_litert(data)
    assert [n.op for n in canonicalize(graph).nodes] == ["add", "add", "add", "concatenation"]
    x = np.float32([[1, 2, 3]])
    (want,) = LiteRTTarget(data).run_once([x])
    np.testing.assert_array_equal(evaluate(graph, {"x": x})[graph.outputs[0]], want)


def test_sizes_that_change_in_another_way_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="its size changes with the turn of a loop"):
        from_litert(write(_list_loop(order=-1)))
