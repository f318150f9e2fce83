"""Every operator's ONNX spelling in ONNX Runtime against the reference, on random one-operator graphs."""

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import emit
from edgeml.backends.onnx.forms import Int16Form
from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS, Unsupported
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, INT16_OPS, as_int16, random_inputs
from tests.contract.cases.int16 import computes_int16
from tests.contract.oracle import run_reference

CASES_PER_OPERATOR = 30
INT16_CASES_PER_OPERATOR = 120


SPELLED = {n for n, op in OPS.items() if not isinstance(op.onnx, Unsupported)}


def _both(graph: Graph, inputs: dict[str, Array], int16: Int16Form = "integer") -> list[tuple[Array, Array]]:
    """(ONNX Runtime's, the reference's) for each output of a graph of one node, in float64."""
    model = emit(graph, int16=int16)
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    pairs = []
    found = OnnxRuntimeTarget(model).run_once([inputs[n] for n in graph.inputs])
    for got, want in zip(found, run_reference(graph, inputs), strict=True):
        assert (got.shape, got.dtype) == (want.shape, want.dtype)
        pairs.append((got.astype(np.float64), want.astype(np.float64)))
    return pairs


@pytest.mark.parametrize("op", [n for n in INT8_OPS if n in SPELLED and OPS[n].onnx_s8 is None])
def test_int8_equals_the_reference_within_the_documented_bound(op: str) -> None:
    rng = np.random.default_rng(11)
    bound = OPS[op].onnx_bound
    assert bool(bound) == bool(OPS[op].onnx_bound_reason)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES[op](rng, True)
        for got, want in _both(graph, random_inputs(graph, rng)):
            assert np.abs(got - want).max(initial=0) <= bound


@pytest.mark.parametrize("op", [n for n in INT16_OPS if n in SPELLED])
def test_int16_equals_the_reference(op: str) -> None:
    rng = np.random.default_rng(16)
    assert OPS[op].onnx_bound_s16 == 0
    for _ in range(INT16_CASES_PER_OPERATOR):
        graph = as_int16(CASES[op](rng, True), rng)
        for got, want in _both(graph, random_inputs(graph, rng)):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("op", [n for n in INT16_OPS if n in SPELLED])
def test_int16_as_qdq_equals_the_reference_within_the_documented_bound(op: str) -> None:
    rng = np.random.default_rng(16)
    bound = OPS[op].onnx_bound_qdq_s16 if computes_int16(OPS[op]) else 0
    for _ in range(CASES_PER_OPERATOR):
        # sums of 2^31 output steps and more do not fit into ONNX Runtime's conversion
        graph = as_int16(CASES[op](rng, True), rng, largest_bias=7)
        for got, want in _both(graph, random_inputs(graph, rng), "qdq"):
            assert np.abs(got - want).max(initial=0) <= bound


@pytest.mark.parametrize("op", [n for n in FLOAT_OPS if n in SPELLED and n != "quantize"])
def test_float32_equals_the_reference_to_rounding(op: str) -> None:
    rng = np.random.default_rng(12)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES[op](rng, False)
        for got, want in _both(graph, random_inputs(graph, rng)):
            np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-5)


def test_float32_is_quantized_within_the_documented_bound() -> None:
    rng = np.random.default_rng(13)
    for _ in range(CASES_PER_OPERATOR):
        graph = CASES["quantize"](rng, False)
        for got, want in _both(graph, random_inputs(graph, rng)):
            assert np.abs(got - want).max(initial=0) <= OPS["quantize"].onnx_bound


@pytest.mark.parametrize("op", ["log", "rsqrt", "sqrt"])
def test_values_below_zero_count_as_zero(op: str) -> None:
    b = GraphBuilder(op, OPS)
    x = b.input("x", (256,), DType.INT8, Quantization.per_tensor(0.01, 3))
    b.add(op, [x], name="y", quantization=Quantization.per_tensor(0.1, 0))
    ((got, want),) = _both(b.build(["y"]), {"x": np.arange(-128, 128).astype(np.int8)})
    assert (want[:132] == want[131]).all()
    assert np.abs(got - want).max() <= OPS[op].onnx_bound
