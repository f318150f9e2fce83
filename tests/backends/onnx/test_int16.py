"""int16 operators in ONNX Runtime where random layers hardly go: the ends of ranges, ties, every code, refusals."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeml.backends.onnx import emit
from edgeml.errors import UnsupportedError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import Array, Attributes, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.average_pool_2d import AveragePool2D
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

Q = Quantization.per_tensor
ENDS = np.array([-32768, -32767, -257, -256, -255, -129, -128, -1, 0, 1, 127, 128, 255, 256, 32512, 32767], np.int16)
CODES = np.arange(-32768, 32768).astype(np.int16)
FIXED = Q(1 / 32768, 0)


def _unary(op: str, shape: tuple[int, ...], scale: float, out: Quantization, attrs: Attributes | None = None) -> Graph:
    b = GraphBuilder(op, OPS)
    x = b.input("x", shape, DType.INT16, Q(scale, 0))
    attrs = attrs or OPS[op].attrs_type()
    return b.build([b.add(op, [x], attrs, name="y", dtype=DType.INT16, quantization=out)])


def _weighted(
    op: str, shape: tuple[int, ...], weights: Array, scale: float, attrs: Attributes, bias: Array | None
) -> Graph:
    b = GraphBuilder(op, OPS)
    axis = OPS[op].weight_axis
    x, wq = (
        b.input("x", shape, DType.INT16, Q(1e-4, 0)),
        Quantization.per_channel(np.full(weights.shape[axis], 1e-2), axis),
    )
    w = b.constant("w", weights, wq)
    inputs = [x, w]
    if bias is not None:
        inputs.append(b.constant("b", bias, Quantization.per_channel(np.full(len(bias), 1e-6), 0)))
    return b.build([b.add(op, inputs, attrs, name="y", quantization=Q(scale, 0))])


def _assert_same(graph: Graph, x: Array) -> None:
    want = run_single(graph, x)
    np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph)).run(x), want)
    assert np.unique(want).size > 1


@pytest.mark.parametrize("width", [400, 2000])
@pytest.mark.parametrize("op", ["fully_connected", "conv_2d", "depthwise_conv_2d"])
def test_sums_at_the_ends_of_32_bits_and_beyond(op: str, width: int) -> None:
    rng = np.random.default_rng(width)
    shape, w, attrs = {
        "fully_connected": ((1, width), (6, width), FullyConnectedAttrs()),
        "conv_2d": ((1, 3, 2, width // 4), (6, 2, 2, width // 4), Conv2DAttrs(activation=Activation.RELU)),
        "depthwise_conv_2d": ((1, width // 20 + 1, 20, 3), (1, width // 20, 20, 6), DepthwiseConv2DAttrs()),
    }[op]
    weights = rng.choice(np.array([-127, 127], np.int8), w)
    weights[(slice(0, 2) if op != "depthwise_conv_2d" else (..., slice(0, 2)))] = 127
    bias = rng.integers(-(2**40), 2**40, 6)
    bias[:3] = 0
    x = np.concatenate([np.full(shape, -32768), np.full(shape, 32767), rng.choice(ENDS, (6, *shape[1:]))]).astype(
        np.int16
    )
    for scale in (2.0, 0.05, 1e-3):
        _assert_same(_weighted(op, shape, weights, scale, attrs, bias), x)
        if op != "fully_connected" or width * 127 * 32768 < 2**31:
            _assert_same(_weighted(op, shape, weights, scale, attrs, None), x)


def test_halves_of_a_fully_connected_layer_go_away_from_zero() -> None:
    b = GraphBuilder("halves", OPS)
    x = b.input("x", (1, 1), DType.INT16, Q(0.5, 0))
    w = b.constant("w", np.ones((1, 1), np.int8), Quantization.per_channel(np.ones(1), 0))
    bias = b.constant("b", np.zeros(1, np.int64), Quantization.per_channel(np.full(1, 0.5), 0))
    graph = b.build([b.add("fully_connected", [x, w, bias], FullyConnectedAttrs(), name="y", quantization=Q(1, 0))])
    x_codes = np.array([[-3], [-2], [-1], [0], [1], [2], [3], [32767], [-32768]], np.int16)
    got = OnnxRuntimeTarget(emit(graph)).run(x_codes).ravel()
    np.testing.assert_array_equal(got, [-2, -1, -1, 0, 1, 1, 2, 16384, -16384])


def test_weights_whose_sums_no_operator_holds_are_refused() -> None:
    weights = np.full((2, 70_000), 127, np.int8)
    graph = _weighted("fully_connected", (1, 70_000), weights, 1.0, FullyConnectedAttrs(), np.zeros(2, np.int64))
    with pytest.raises(UnsupportedError, match=r"less than 2\^31 / 255.*Got 8890000"):
        emit(graph)
    assert OnnxRuntimeTarget(emit(graph, int16="qdq")).inputs[0].dtype == np.int16


@pytest.mark.parametrize("op", ["tanh", "logistic"])
def test_sigmoids_on_every_code(op: str) -> None:
    rng = np.random.default_rng(len(op))
    for scale in (2.0**-12, 2.0**-11, 2.0**-13, 1.0004 * 2.0**-12, 3.0, 1e-9, *10 ** rng.uniform(-5.5, -2.5, 6)):
        graph = _unary(op, (1, CODES.size), scale, FIXED)
        x = CODES[None]
        np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph)).run(x), run_single(graph, x))


@pytest.mark.parametrize("op", ["relu", "relu6", "leaky_relu", "quantize"])
def test_rescaled_codes_on_every_code(op: str) -> None:
    rng = np.random.default_rng(3)
    for ratio in (1.0, 0.5, 2.0**-5, 3.0, 1000.0, *10 ** rng.uniform(-4, 3, 6)):
        _assert_same(_unary(op, (1, CODES.size), 1e-3, Q(1e-3 / ratio, 0)), CODES[None])


@pytest.mark.parametrize(("source", "codes"), [(DType.INT16, CODES), (DType.INT8, CODES[-128 + 32768 : 128 + 32768])])
def test_requantised_between_int8_and_int16(source: DType, codes: Array) -> None:
    for ratio in (1.0, 2.0**-8, 2.0**-9, 0.037, 1 / 256 + 1e-5):
        wide, narrow = (DType.INT16, Q(1e-4, 0)), (DType.INT8, Q(1e-4 / ratio, -37))
        ends = (wide, narrow) if source is DType.INT16 else (narrow, wide)
        b = GraphBuilder("quantize", OPS)
        x = b.input("x", (1, codes.size), *ends[0])
        graph = b.build([b.add("quantize", [x], name="y", dtype=ends[1][0], quantization=ends[1][1])])
        _assert_same(graph, codes.astype(source.numpy)[None])


def test_float32_becomes_int16_by_the_reciprocal_halves_to_even_and_saturated() -> None:
    rng = np.random.default_rng(1)
    for scale in (0.25, 1e-3, 0.1, 7.3e-5):
        b = GraphBuilder("quantize", OPS)
        x = b.input("x", (1, 3007))
        graph = b.build([b.add("quantize", [x], name="y", dtype=DType.INT16, quantization=Q(scale, 0))])
        halves = (rng.integers(-33000, 33000, 1000) + 0.5) * scale
        values = np.concatenate(
            [halves, rng.normal(size=2000) * 9000 * scale, [0, -0.0, 1e9, -1e9, np.inf, -np.inf, 1e-40]]
        )
        _assert_same(graph, values.astype(np.float32)[None])


@pytest.mark.parametrize("window", [3, 9, 32])
def test_means_of_windows_of_any_size(window: int) -> None:
    rng = np.random.default_rng(window)
    size = window + 3
    x = rng.integers(-32768, 32768, (4, size, size, 3)).astype(np.int16)
    x[0], x[1] = -32768, 32767
    half = window // 2
    attrs = PoolAttrs((window, window), (1, 2), (half, half, half, half), Activation.RELU6)
    for graph in (
        _unary("average_pool_2d", (1, size, size, 3), 3e-4, Q(3e-4, 0), attrs),
        _unary("average_pool_2d", (1, size, size, 3), 3e-4, Q(3e-4, 0), PoolAttrs((window, window), (1, 1))),
        _unary("mean", (1, size, size, 3), 3e-4, Q(1e-4, 0)),
    ):
        _assert_same(graph, x)
    assert AveragePool2D.onnx_bound_s16 == 0


def test_softmax_of_long_rows_and_of_equal_values() -> None:
    rng = np.random.default_rng(8)
    for depth, scale, beta in ((1, 1e-3, 1.0), (2, 1e-4, 0.5), (1000, 3e-4, 1.0), (3000, 1e-5, 2.0), (40, 5e-2, 1.0)):
        rows = np.stack([rng.integers(-32768, 32768, depth), np.full(depth, -32768), np.full(depth, 32767)])
        graph = _unary("softmax", (1, depth), scale, FIXED, SoftmaxAttrs(beta))
        x = rows.astype(np.int16)
        np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph)).run(x), run_single(graph, x))


@pytest.mark.parametrize("op", ["add", "sub", "mul"])
def test_sums_and_products_of_the_ends(op: str) -> None:
    rng = np.random.default_rng(2)
    a, b = (np.ascontiguousarray(v.reshape(1, -1)) for v in np.meshgrid(ENDS, ENDS))
    for _ in range(8):
        scales = 10 ** rng.uniform(-5, -3) * np.array([1, 10 ** rng.uniform(-3, 3), 10 ** rng.uniform(-2, 3)])
        scales[2] = scales[0] * scales[1] * 40 if op == "mul" else scales[2]
        builder = GraphBuilder(op, OPS)
        operands = [builder.input(n, a.shape, DType.INT16, Q(s, 0)) for n, s in zip("ab", scales, strict=False)]
        graph = builder.build([builder.add(op, operands, BinaryAttrs(), name="y", quantization=Q(scales[2], 0))])
        bound = graph.bind(graph.nodes[0])
        want = OPS[op].reference(bound, a, b)[0]
        np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph)).run_once([a, b])[0], want)


def test_integer_arithmetic_has_no_float_but_at_the_boundary() -> None:
    weights = np.ones((4, 2, 2, 3), np.int8)
    graph = _weighted("conv_2d", (1, 5, 5, 3), weights, 1e-2, Conv2DAttrs(), np.arange(4))
    found = {
        form: [n.op_type for n in onnx.load_from_string(emit(graph, int16=form)).graph.node]
        for form in ("integer", "qdq")
    }
    assert found["integer"].count("ConvInteger") == 2 and "Conv" not in found["integer"]
    # around the transposes of the boundary, where they name the scales
    assert found["integer"].count("QuantizeLinear") == found["integer"].count("DequantizeLinear") == 2
    assert "Conv" in found["qdq"] and "ConvInteger" not in found["qdq"]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match=r"integer or qdq\. Got 'float'"):
        emit(_unary("relu", (1, 3), 1e-3, Q(1e-3, 0)), int16="float")  # type: ignore[arg-type]
