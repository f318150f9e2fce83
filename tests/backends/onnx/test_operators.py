"""Every operator's ONNX spelling in ONNX Runtime against the reference, on random one-operator graphs."""

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import emit
from edgeml.interpreter import run_node
from edgeml.ir import Array, Graph
from edgeml.ops import OPS
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.contract.cases import CASES, random_inputs

CASES_PER_OPERATOR = 30


def _both(graph: Graph, inputs: dict[str, Array]) -> tuple[Array, Array]:
    """(ONNX Runtime's output, the reference's) of a graph of one node, in float64."""
    model = emit(graph)
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    bound = graph.bind(graph.nodes[0])
    values = tuple(None if t is None else inputs.get(t.name, t.data) for t in bound.inputs)
    want = run_node(OPS[bound.node.op], bound, values)[0]
    got = OnnxRuntimeTarget(model).run_once([inputs[n] for n in graph.inputs])[0]
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    return got.astype(np.float64), want.astype(np.float64)


@pytest.mark.parametrize("op", sorted(OPS))
def test_int8_equals_the_reference_within_the_documented_bound(op: str) -> None:
    rng = np.random.default_rng(11)
    bound = OPS[op].onnx_bound
    assert bool(bound) == bool(OPS[op].onnx_bound_reason)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES[op](rng, True)
        got, want = _both(graph, random_inputs(graph, rng))
        assert np.abs(got - want).max(initial=0) <= bound


@pytest.mark.parametrize("op", sorted(set(OPS) - {"quantize", "dequantize"}))
def test_float32_equals_the_reference_to_rounding(op: str) -> None:
    rng = np.random.default_rng(12)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES[op](rng, False)
        got, want = _both(graph, random_inputs(graph, rng))
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5)


def test_float32_is_quantized_within_the_documented_bound() -> None:
    rng = np.random.default_rng(13)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES["quantize"](rng, False)
        got, want = _both(graph, random_inputs(graph, rng))
        assert np.abs(got - want).max(initial=0) <= OPS["quantize"].onnx_bound
