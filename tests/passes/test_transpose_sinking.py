"""Transposes move down and cancel; what is computed stays the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx import helper

from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run
from edgeml.ir import Graph, verify
from edgeml.ops import OPS
from edgeml.passes import canonicalize
from edgeml.passes.transpose_sinking import count_transposes, sink_transposes
from tests.frontends.onnx.models import model, node

RNG = np.random.default_rng(8)
CONV = {"w": (6, 4, 3, 3), "v": (4, 6, 1, 1)}


def weights(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def between(nodes: list, constants: dict[str, np.ndarray] | None = None, outputs: tuple[str, ...] = ("y",)) -> Graph:
    """conv x -> a, `nodes` from a to b, conv b -> y (when b is made)."""
    chain = [node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), *nodes]
    if any("b" in n.output for n in nodes):
        chain.append(node("Conv", ["b", "v"], ["y"]))
    arrays = {k: weights(*s) for k, s in CONV.items()}
    proto = model(chain, {"x": [1, 4, 7, 5]}, list(outputs), {**arrays, **(constants or {})}, opset=13)
    return from_onnx(proto.SerializeToString(), input_layout="nhwc")


def same(graph: Graph) -> Graph:
    """The graph after the passes, which must compute what it did."""
    x = weights(*graph.input_tensors[0].shape)
    result = canonicalize(graph)
    verify(sink_transposes(graph), OPS)
    want, got = (run(g, {g.inputs[0]: x}) for g in (graph, result))
    for name in graph.outputs:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-5, atol=1e-5)
    return result


def sum_of_squares() -> np.ndarray:
    return np.asarray([2.0], np.float32)


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("Relu", ["a"], ["b"])], {}),
        ([node("Mul", ["a", "k"], ["b"])], {"k": weights(6, 1, 1)}),
        ([node("Add", ["k", "a"], ["b"])], {"k": weights(1, 6, 7, 5)}),
        ([node("Add", ["k", "a"], ["b"])], {"k": weights(5)}),
        ([node("Sigmoid", ["a"], ["s"]), node("Mul", ["a", "s"], ["b"])], {}),
        ([node("Slice", ["a", "s", "e", "i", "t"], ["b"])],
         {"s": np.array([6, 0]), "e": np.array([0, 5]), "i": np.array([2, 3]), "t": np.array([-2, 2])}),
        ([node("Pad", ["a", "p"], ["b"])], {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0])}),
        ([node("Slice", ["a", "s", "e", "i"], ["l"]), node("Slice", ["a", "e", "n", "i"], ["r"]),
          node("Concat", ["r", "l"], ["b"], axis=1)],
         {"s": np.array([0]), "e": np.array([2]), "n": np.array([6]), "i": np.array([1])}),
        ([node("GlobalAveragePool", ["a"], ["g"]), node("Sigmoid", ["g"], ["s"]), node("Mul", ["a", "s"], ["b"])], {}),
        ([node("ReduceMean", ["a"], ["m"], axes=[1], keepdims=1), node("Add", ["a", "m"], ["b"])], {}),
        ([node("Softmax", ["a"], ["b"], axis=1)], {}),
    ],
)  # fmt: skip
def test_between_two_convolutions_no_transpose_is_left(nodes, constants):
    graph = between(nodes, constants)
    assert count_transposes(graph) > 1
    result = same(graph)
    # the output is NCHW
    assert count_transposes(result) == 1
    assert result.nodes[-1].op == "transpose"


def dense(size: int) -> list:
    return [node("MatMul", ["f", "d"], ["m"]), node("Add", ["m", "e"], ["y"])]


def test_a_flattening_is_absorbed_by_the_weights_behind_it():
    constants = {"d": weights(210, 3), "e": weights(3)}
    graph = between([node("Relu", ["a"], ["r"]), node("Flatten", ["r"], ["f"]), *dense(210)], constants)
    assert count_transposes(same(graph)) == 0


def test_a_flattening_with_an_activation_behind_it_is_absorbed():
    constants = {"d": weights(210, 3), "e": weights(3)}
    graph = between([node("Flatten", ["a"], ["r"]), node("Relu", ["r"], ["f"]), *dense(210)], constants)
    assert count_transposes(same(graph)) == 0


@pytest.mark.parametrize("extra", ["output", "softmax"])
def test_a_flattening_that_others_read_keeps_its_order(extra):
    constants = {"d": weights(210, 3), "e": weights(3)}
    nodes = [node("Flatten", ["a"], ["f"]), *dense(210)]
    if extra == "softmax":
        nodes.append(node("Softmax", ["f"], ["z"], axis=1))
    graph = between(nodes, constants, ("y", "z" if extra == "softmax" else "f"))
    assert count_transposes(same(graph)) == 1


def test_a_residual_from_the_input_costs_no_second_transpose():
    nodes = [node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]), node("Add", ["a", "x"], ["s"]),
             node("Conv", ["s", "w"], ["c"]), node("GlobalAveragePool", ["c"], ["y"])]  # fmt: skip
    proto = model(nodes, {"x": [1, 4, 7, 5]}, ["y"], {"w": weights(4, 4, 3, 3)})
    assert count_transposes(same(from_onnx(proto.SerializeToString()))) == 1


def test_one_dimensional_convolutions_need_none_between_them():
    nodes = [node("Conv", ["x", "w"], ["a"]), node("Relu", ["a"], ["r"]), node("Conv", ["r", "w"], ["c"]),
             node("MaxPool", ["c"], ["p"], kernel_shape=[2]), node("ReduceMean", ["p"], ["y"], axes=[2])]  # fmt: skip
    proto = model(nodes, {"x": [1, 4, 20]}, ["y"], {"w": weights(4, 4, 3)}, opset=13)
    result = same(from_onnx(proto.SerializeToString()))
    assert [n.op for n in result.nodes if n.op != "reshape"][:2] == ["transpose", "conv_2d"]
    assert count_transposes(result) == 1


def test_attention_keeps_the_transposes_that_it_needs():
    nodes = [node("MatMul", ["x", "q"], ["a"]), node("Reshape", ["a", "heads"], ["b"]),
             node("Transpose", ["b"], ["c"], perm=[0, 2, 1, 3]), node("Softmax", ["c"], ["d"], axis=-1),
             node("Transpose", ["d"], ["e"], perm=[0, 2, 1, 3]), node("Reshape", ["e", "flat"], ["y"])]  # fmt: skip
    constants = {"q": weights(8, 8), "heads": np.array([1, 5, 2, 4]), "flat": np.array([1, 5, 8])}
    proto = model(nodes, {"x": [1, 5, 8]}, ["y"], constants)
    assert count_transposes(same(from_onnx(proto.SerializeToString()))) == 0


def _unary(a: str, b: str) -> list:
    return [helper.make_node("Tanh", [a], [b])]


def _mean(a: str, b: str) -> list:
    return [helper.make_node("ReduceMean", [a], [f"{a}m"], axes=[int(RNG.integers(1, 4))], keepdims=1),
            helper.make_node("Add", [f"{a}m", a], [b])]  # fmt: skip


def _transposed(a: str, b: str) -> list:
    perm = [int(p) for p in RNG.permutation(4)]
    back = [perm.index(i) for i in range(4)]
    return [helper.make_node("Transpose", [a], [f"{a}t"], perm=perm), helper.make_node("Relu", [f"{a}t"], [f"{a}r"]),
            helper.make_node("Softmax", [f"{a}r"], [f"{a}s"], axis=int(RNG.integers(4))),
            helper.make_node("Transpose", [f"{a}s"], [b], perm=back)]  # fmt: skip


def _residual(a: str, b: str) -> list:
    return [
        helper.make_node("Conv", [a, "w"], [f"{a}c"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", [a, f"{a}c"], [b]),
    ]


STEPS: list[Callable[[str, str], list]] = [_unary, _mean, _transposed, _residual]


@pytest.mark.parametrize("seed", range(20))
def test_random_chains_compute_the_same(seed):
    rng = np.random.default_rng(seed)
    nodes, last = [], "x"
    for i in range(int(rng.integers(2, 7))):
        nodes += STEPS[int(rng.integers(len(STEPS)))](last, f"v{i}")
        last = f"v{i}"
    proto = model(nodes, {"x": [1, 4, 6, 5]}, [last], {"w": weights(4, 4, 3, 3)}, opset=13)
    graph = from_onnx(proto.SerializeToString())
    assert count_transposes(same(graph)) <= count_transposes(graph)
