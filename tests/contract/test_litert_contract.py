"""Every operator's reference against LiteRT's default interpreter, on random one-operator graphs."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, Graph, verify
from edgeml.ops import OPS, LiteRT
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, random_inputs
from tests.contract.oracle import run_litert, run_reference

CASES_PER_OPERATOR = 250
FLOAT_CASES_PER_OPERATOR = 80
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
