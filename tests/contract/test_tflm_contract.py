"""Every operator's reference under tflm numerics against TensorFlow Lite Micro, on random one-operator graphs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import OpResolverType

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, Graph, Numerics, verify
from edgeml.ops import OPS, Exactness
from tests.contract.cases import CASES, INT8_OPS, TFLM_OPS, random_inputs
from tests.contract.oracle import run_litert, run_tflm

pytest.importorskip("tflite_micro", reason="tflite_micro is not installed")
CASES_PER_OPERATOR = 250
CONVOLUTIONS = ("conv_2d", "depthwise_conv_2d")


def _cases(op: str) -> list[tuple[Graph, dict[str, Array]]]:
    cases = []
    for seed in range(CASES_PER_OPERATOR):
        rng = np.random.default_rng([seed, 7])
        graph = replace(CASES[op](rng, True), numerics=Numerics.TFLM)
        try:
            verify(graph, OPS)
        except UnsupportedError:
            continue
        cases.append((graph, random_inputs(graph, rng)))
    assert len(cases) >= 50, "the generator makes too many graphs that a constraint refuses"
    return cases


def _reference(graph: Graph, inputs: dict[str, Array]) -> tuple[Array, ...]:
    bound = graph.bind(graph.nodes[0])
    values = tuple(None if t is None else inputs.get(t.name, t.data) for t in bound.inputs)
    return OPS[bound.node.op].reference(bound, *values)


@pytest.mark.parametrize("op", TFLM_OPS)
def test_int8_reference_equals_tensorflow_lite_micro(op: str) -> None:
    exactness = OPS[op].tflm
    assert isinstance(exactness, Exactness)
    assert bool(exactness.bound) == bool(exactness.reason)
    compared = values = mismatches = worst = 0
    for graph, inputs in _cases(op):
        outputs = run_tflm(graph, inputs)
        if outputs is None:
            continue
        compared += 1
        for want, got in zip(outputs, _reference(graph, inputs), strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            difference = np.abs(got.astype(np.float64) - want.astype(np.float64))
            values += want.size
            mismatches += int((difference > 0).sum())
            worst = max(worst, difference.max())
    print(
        f"{op}: {values} values, {mismatches} differ, by {worst:g} at most; bound {exactness.bound}; {compared} graphs"
    )
    assert worst <= exactness.bound
    assert compared >= 40, "the runtime refuses too many of the graphs"


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_convolutions_equal_the_built_in_reference_kernels_of_litert(op: str) -> None:
    for graph, inputs in _cases(op):
        (want,) = run_litert(graph, inputs, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        np.testing.assert_array_equal(_reference(graph, inputs)[0], want)


def test_the_two_numerics_differ_where_they_should() -> None:
    """The comparison above would notice if tflm computed litert's bits."""
    differ = 0
    for graph, inputs in _cases("conv_2d"):
        other = _reference(replace(graph, numerics=Numerics.LITERT), inputs)[0]
        differ += int((other != _reference(graph, inputs)[0]).sum())
    assert differ > 0


@pytest.mark.parametrize("op", [n for n in INT8_OPS if n not in TFLM_OPS])
def test_an_operator_without_the_numerics_is_refused(op: str) -> None:
    graph = replace(CASES[op](np.random.default_rng(0), True), numerics=Numerics.TFLM)
    with pytest.raises(UnsupportedError, match=rf"{op} 'y': no int8 under tflm numerics"):
        verify(graph, OPS)
