"""Every operator's reference against LiteRT's default interpreter, on random one-operator graphs."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization, verify
from edgeml.ops import OPS, LiteRT
from edgeml.ops.elementwise import BinaryAttrs
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, INT16_OPS, as_int16, random_inputs
from tests.contract.oracle import run_litert, run_reference

CASES_PER_OPERATOR = 250
FLOAT_CASES_PER_OPERATOR = 80
# LiteRT has no int16 kernels for the other two
INT16_SPELLED = [n for n in INT16_OPS if n not in ("depth_to_space", "space_to_depth")]
SPELLED = {n for n, op in OPS.items() if isinstance(op.litert, LiteRT)}


def _cases(op: str, int8: bool) -> list[tuple[Graph, dict[str, Array]]]:
    cases = []
    count = CASES_PER_OPERATOR if int8 else FLOAT_CASES_PER_OPERATOR
    for seed in range(count):
        rng = np.random.default_rng([seed, int8])
        graph = CASES[op](rng, int8)
        try:
            verify(graph, OPS)
        except UnsupportedError:
            continue
        cases.append((graph, random_inputs(graph, rng)))
    assert len(cases) >= 0.8 * count, "the generator makes too many graphs that a constraint refuses"
    return cases


def _int16_cases(op: str, int8: bool = True) -> list[tuple[Graph, dict[str, Array]]]:
    cases = []
    for seed in range(CASES_PER_OPERATOR):
        rng = np.random.default_rng([seed, 16])
        graph = as_int16(CASES[op](rng, int8), rng)
        cases.append((verify(graph, OPS), random_inputs(graph, rng)))
    return cases


def test_every_operator_has_cases() -> None:
    assert set(CASES) == set(OPS)


@pytest.mark.parametrize("op", [n for n in INT8_OPS if n in SPELLED])
def test_int8_reference_equals_litert(op: str) -> None:
    operator = OPS[op]
    assert bool(operator.litert_bound) == bool(operator.litert_bound_reason)
    values = mismatches = worst = 0
    for graph, inputs in _cases(op, int8=True):
        for want, got in zip(run_litert(graph, inputs), run_reference(graph, inputs), strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            difference = np.abs(got.astype(np.float64) - want.astype(np.float64))
            values += want.size
            mismatches += int((difference > 0).sum())
            worst = max(worst, difference.max())
    print(f"{op}: {values} values, {mismatches} differ, by {worst:g} at most; bound {operator.litert_bound}")
    assert worst <= operator.litert_bound


@pytest.mark.parametrize("op", INT16_SPELLED)
def test_int16_reference_equals_litert(op: str) -> None:
    values = 0
    for graph, inputs in _int16_cases(op):
        for want, got in zip(run_litert(graph, inputs), run_reference(graph, inputs), strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            np.testing.assert_array_equal(got, want)
            values += want.size
    print(f"{op}: {values} values, 0 differ")


@pytest.mark.parametrize("op", ["add", "sub"])
def test_int16_sums_equal_litert_on_many_values(op: str) -> None:
    """Another rounding of the operands shows in one of 80,000 values."""
    rng = np.random.default_rng(5)
    shape = (1, 60_000)
    for _ in range(12):
        scales = 10 ** rng.uniform(-5, -3) * np.array([1, 10 ** rng.uniform(-0.7, 0.7), 10 ** rng.uniform(-0.3, 0.6)])
        a, b, y = (Quantization.per_tensor(s, 0) for s in scales)
        builder = GraphBuilder("sum", OPS)
        operands = [builder.input(name, shape, DType.INT16, q) for name, q in (("a", a), ("b", b))]
        graph = builder.build([builder.add(op, operands, BinaryAttrs(), quantization=y)])
        inputs = {name: rng.integers(-12_000, 12_000, shape).astype(np.int16) for name in ("a", "b")}
        np.testing.assert_array_equal(run_reference(graph, inputs)[0], run_litert(graph, inputs)[0])


def test_int16_quantizes_as_litert_but_for_halves_in_the_rest_of_a_tensor() -> None:
    different = 0
    for graph, inputs in _int16_cases("quantize", int8=False):
        got, want = (run(graph, inputs)[0].ravel().astype(np.int64) for run in (run_reference, run_litert))
        blocks = 0 if graph.output_tensors[0].dtype is DType.INT8 else got.size % 8
        np.testing.assert_array_equal(got[: got.size - blocks], want[: got.size - blocks])
        assert np.abs(got - want).max() <= OPS["quantize"].litert_bound_s16
        different += int((got != want).sum())
    assert different


@pytest.mark.parametrize(("op", "powers"), [("tanh", 2), ("logistic", 1)])
def test_int16_sigmoids_equal_litert_on_every_code(op: str, powers: int) -> None:
    rng = np.random.default_rng(powers)
    codes = np.arange(-32768, 32768).astype(np.int16)[None]
    for scale in (2.0**-12, 2.0**-11, 2.0**-13, 1.0004 * 2.0**-12, *10 ** rng.uniform(-5.5, -2.5, 6)):
        builder = GraphBuilder("codes", OPS)
        x = builder.input("x", codes.shape, DType.INT16, Quantization.per_tensor(scale, 0))
        graph = builder.build([builder.add(op, [x], quantization=Quantization.per_tensor(1 / 32768, 0))])
        np.testing.assert_array_equal(run_reference(graph, {"x": codes})[0], run_litert(graph, {"x": codes})[0])


@pytest.mark.parametrize("op", [n for n in FLOAT_OPS if n in SPELLED and n != "quantize"])
def test_float32_reference_is_close_to_litert(op: str) -> None:
    for graph, inputs in _cases(op, int8=False):
        for want, got in zip(run_litert(graph, inputs), run_reference(graph, inputs), strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            # sums that cancel are as exact as their largest terms, hence the absolute part
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(want).max())))


def test_float32_quantizes_as_litert() -> None:
    for graph, inputs in _cases("quantize", int8=False):
        np.testing.assert_array_equal(run_reference(graph, inputs)[0], run_litert(graph, inputs)[0])
