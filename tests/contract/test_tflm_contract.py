"""Every operator's reference under tflm numerics against TensorFlow Lite Micro, on random one-operator graphs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import OpResolverType

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, DType, Graph, GraphBuilder, Numerics, Quantization, verify
from edgeml.ops import OPS, Exactness
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.lut import VALUES
from edgeml.ops.requantize import requantize
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


def _tied_scales(rng: np.random.Generator) -> tuple[float, float]:
    """An input and an output scale with many products so near a half that float32 and double ratios round apart."""
    scale = float(np.float32(np.exp(rng.uniform(-5, -1))))
    return scale, float(np.float32(scale * 2 * rng.integers(1, 100) / (2 * rng.integers(0, 100) + 1)))


@pytest.mark.parametrize("op", ["relu", "quantize", "abs", "leaky_relu", "elu"])
def test_ratios_of_scales_are_doubles(op: str) -> None:
    differ = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        scale, output_scale = _tied_scales(rng)
        zeros = [int(z) for z in rng.integers(-128, 128, 2)]
        builder = GraphBuilder("tied", OPS)
        x = builder.input("x", (1, 256), DType.INT8, Quantization.per_tensor(scale, zeros[0]))
        y = builder.add(
            op, [x], OPS[op].attrs_type(), name="y", quantization=Quantization.per_tensor(output_scale, zeros[1])
        )
        graph = replace(builder.build([y]), numerics=Numerics.TFLM)
        inputs = {"x": VALUES[None].astype(np.int8)}
        outputs = run_tflm(graph, inputs)
        assert outputs is not None
        np.testing.assert_array_equal(_reference(graph, inputs)[0], outputs[0])
        other = _reference(replace(graph, numerics=Numerics.LITERT), inputs)[0]
        differ += int((other != outputs[0]).sum())
    assert differ > 0, "the scales do not tell the numerics apart"


@pytest.mark.parametrize("per_channel", [False, True], ids=["per tensor", "per channel"])
def test_scales_of_fully_connected_are_doubles(per_channel: bool) -> None:
    """Accumulators (all from the bias) within a few units of half a step, where the last bits of the scale decide."""
    differ = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        count, scale = 64, float(np.float32(np.exp(rng.uniform(-5, -1))))
        weights = np.exp(rng.uniform(-6, -3, count if per_channel else 1)).astype(np.float32)
        output_scale = float(np.float32(scale * weights[0] * 2.0**23 * rng.uniform(1, 2)))
        real = scale * np.broadcast_to(weights, count).astype(np.float64) / output_scale
        halves = np.rint((rng.integers(80, 120, count) + 0.5) / real) + rng.integers(-3, 4, count)
        bias = np.clip(halves, -(2**31), 2**31 - 1).astype(np.int32)
        builder = GraphBuilder("halves", OPS)
        x = builder.input("x", (1, 2), DType.INT8, Quantization.per_tensor(scale, 0))
        q = Quantization.per_channel(weights, 0) if per_channel else Quantization.per_tensor(weights[0], 0)
        w = builder.constant("w", np.ones((count, 2), np.int8), q)
        b = builder.constant(
            "b", bias, Quantization.per_channel(np.broadcast_to(np.float32(scale) * weights, count), 0)
        )
        output = Quantization.per_tensor(output_scale, 0)
        y = builder.add("fully_connected", [x, w, b], FullyConnectedAttrs(), name="y", quantization=output)
        graph = replace(builder.build([y]), numerics=Numerics.TFLM)
        inputs = {"x": np.zeros((1, 2), np.int8)}
        outputs = run_tflm(graph, inputs)
        assert outputs is not None
        np.testing.assert_array_equal(_reference(graph, inputs)[0], outputs[0])
        single = quantize_multiplier((np.float32(scale) * weights) / np.float32(output_scale))
        differ += int((requantize(bias[None], single, 0) != outputs[0]).sum())
    assert differ > 0, "the scales do not tell float32 from double"


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
