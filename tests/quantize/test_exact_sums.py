"""Sums whose scales the quantiser chose give the same code in LiteRT's rule and in ONNX Runtime, for all operands."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends import onnx
from edgeml.ir import Array, DType, Graph, GraphBuilder, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.add import sum_s8
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.exact_sums import SIGNS, agreed_scale, doubtful
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

_A, _B = (m.astype(np.int8).reshape(1, 256, 256, 1) for m in np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)))


def _sum(op: str, a: Quantization, b: Quantization, y: Quantization) -> Graph:
    tensors = {n: Tensor(n, TensorType(_A.shape, DType.INT8, q)) for n, q in zip("aby", (a, b, y), strict=True)}
    return Graph("sum", ("a", "b"), ("y",), tensors, (Node(op, "y", ("a", "b"), ("y",), BinaryAttrs()),))


def _differences(graph: Graph) -> int:
    """How many of the 65,536 cases ONNX Runtime computes differently."""
    (got,) = OnnxRuntimeTarget(onnx.emit(graph)).run_all((_A, _B))
    bound = graph.bind(graph.nodes[0])
    return int(np.count_nonzero(np.asarray(got) != sum_s8(bound, _A, _B, SIGNS[bound.node.op])))


def _random(rng: np.random.Generator) -> tuple[Quantization, ...]:
    scales = (*rng.uniform(0.01, 0.1, 2), rng.uniform(0.03, 0.15))
    return tuple(Quantization.per_tensor(float(np.float32(s)), int(rng.integers(-128, 128))) for s in scales)


@pytest.mark.parametrize("op", ["add", "sub"])
def test_all_sums_are_the_same_in_onnx_runtime(op: str) -> None:
    rng = np.random.default_rng(0)
    before = after = 0
    for _ in range(25):
        a, b, y = _random(rng)
        graph = _sum(op, a, b, y)
        scale = agreed_scale(graph.bind(graph.nodes[0]), a, b, y)
        assert scale is not None and abs(scale / y.scale[0] - 1) < 2.5e-4
        moved = _sum(op, a, b, Quantization.per_tensor(scale, y.zero_point[0]))
        before, after = before + _differences(graph), after + _differences(moved)
    assert before > 0 and after == 0


def _residual() -> tuple[Graph, Array]:
    """Three sums: of the input, of an operator with a scale of its own, and of another sum."""
    b = GraphBuilder("residual", OPS)
    x = b.input("x", (1, 6, 6, 4))
    relu = b.add("relu", [x], name="relu")
    one = b.add("add", [x, relu], BinaryAttrs(), name="one")
    half = b.add("logistic", [one], name="half")
    two = b.add("sub", [half, one], BinaryAttrs(), name="two")
    graph = b.build([b.add("add", [two, x], BinaryAttrs(), name="three")])
    return graph, np.random.default_rng(0).normal(size=(64, 6, 6, 4)).astype(np.float32)


def test_the_quantiser_chooses_such_scales() -> None:
    graph, x = _residual()

    def doubts(**fields: bool) -> list[int]:
        result = quantize(graph, x, Recipe(**fields))
        sums = [b for b in result.graph.bound() if b.node.op in SIGNS]
        return [doubtful(b, *(t.quantization for t in (b.input(0), b.input(1), b.output))) for b in sums]

    assert doubts() == [0, 0, 0]
    assert sum(doubts(exact_scales=False)) > 0
