"""The bound of every accumulator: exact figures, no input above it, and a layer that can overflow is named."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import BudgetError
from edgeml.ir import DType, Graph, GraphBuilder, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.lstm_s8 import lstm_s8_constants
from edgeml.quantize import quantize
from edgeml.validate.accumulators import INT32_MAX, accumulator_bounds, require_no_overflow
from tests.contract.cases import CASES
from tests.graphs import images, small_cnn


def dense(weights: np.ndarray, bias: np.ndarray | None, zero_point: int = 0) -> Graph:
    """One int8 fully connected layer (O, I)."""
    outputs, inputs = weights.shape
    per_channel = Quantization.per_channel(np.full(outputs, 0.01, np.float32), 0)
    tensors = {
        "x": Tensor("x", TensorType((1, inputs), DType.INT8, Quantization.per_tensor(0.1, zero_point))),
        "w": Tensor("w", TensorType(weights.shape, DType.INT8, per_channel), weights.astype(np.int8)),
        "y": Tensor("y", TensorType((1, outputs), DType.INT8, Quantization.per_tensor(1.0, 0))),
    }
    operands = ["x", "w"]
    if bias is not None:
        tensors["b"] = Tensor("b", TensorType(bias.shape, DType.INT32, per_channel), bias.astype(np.int32))
        operands.append("b")
    node = Node("fully_connected", "dense", tuple(operands), ("y",), FullyConnectedAttrs())
    return Graph("dense", ("x",), ("y",), tensors, (node,))


def test_bound_is_sum_of_weights_times_widest_input_plus_bias() -> None:
    (found,) = accumulator_bounds(dense(np.array([[1, -2], [3, 4]]), np.array([5, -6]), zero_point=-128))
    assert (found.channel, found.bound) == (1, 7 * 255 + 6)
    assert found.headroom_bits == pytest.approx(np.log2(INT32_MAX / found.bound))
    assert not found.overflows


def test_layer_that_can_overflow_is_refused_with_its_channel() -> None:
    bias = np.array([0, 2**31 - 1000, 0])
    bounds = accumulator_bounds(dense(np.full((3, 8), 2), bias))
    assert bounds[0].overflows and bounds[0].headroom_bits < 0
    with pytest.raises(BudgetError, match=r"fully_connected 'dense'.*channel 1 can overflow"):
        require_no_overflow(bounds)


def test_one_below_the_limit_is_accepted() -> None:
    limit = INT32_MAX - 127 * 128
    assert not accumulator_bounds(dense(np.array([[127]]), np.array([limit])))[0].overflows
    assert accumulator_bounds(dense(np.array([[127]]), np.array([limit + 1])))[0].overflows


def test_no_input_exceeds_the_bound_and_the_worst_one_is_near() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        w = rng.integers(-127, 128, (5, 30))
        bias, zero_point = rng.integers(-9999, 9999, 5), int(rng.integers(-128, 128))
        (found,) = accumulator_bounds(dense(w, bias, zero_point))
        x = np.concatenate([rng.integers(-128, 128, (200, 30)), np.where(w > 0, 127, -128), np.where(w > 0, -128, 127)])
        # every partial sum, in the order of the kernel
        partial = bias + np.cumsum((x - zero_point)[:, None, :] * w[None], axis=2).transpose(2, 0, 1)
        assert np.abs(partial).max() <= found.bound


def test_bound_grows_with_any_weight() -> None:
    rng = np.random.default_rng(0)
    w, bias = rng.integers(-100, 101, (4, 16)), rng.integers(-500, 500, 4)
    before = accumulator_bounds(dense(w, bias))[0].bound
    for channel, index in np.ndindex(w.shape):
        more = w.copy()
        more[channel, index] += 1 if w[channel, index] >= 0 else -1
        assert accumulator_bounds(dense(more, bias))[0].bound >= before


def test_every_weighted_layer_of_a_graph_has_a_bound_and_float_layers_have_none() -> None:
    graph = quantize(small_cnn(), images(16)).graph
    assert [b.op for b in accumulator_bounds(graph)] == ["conv_2d", "conv_2d", "fully_connected"]
    assert accumulator_bounds(small_cnn()) == ()


def test_depthwise_weights_are_summed_over_their_window_only() -> None:
    b = GraphBuilder("depthwise", OPS)
    x = b.input("x", (1, 5, 5, 2))
    w = np.ones((1, 3, 3, 2), np.float32)
    w[..., 1] = np.arange(9).reshape(3, 3) / 8
    y = b.add("depthwise_conv_2d", [x, b.constant("w", w), b.constant("b", np.zeros(2, np.float32))],
              DepthwiseConv2DAttrs(), name="depthwise")  # fmt: skip
    graph = quantize(b.build([y]), np.random.default_rng(0).random((8, 5, 5, 2), np.float32)).graph
    (found,) = accumulator_bounds(graph)
    codes = graph.tensor(graph.nodes[0].inputs[1]).data
    assert codes is not None
    assert found.channel == 0
    zero_point = graph.input_tensors[0].type.zero_point
    bias = graph.tensor(graph.nodes[0].inputs[2]).data
    assert bias is not None
    assert found.bound == 9 * 127 * max(127 - zero_point, 128 + zero_point) + abs(int(bias[0]))


def test_an_integer_lstm_is_bounded_by_what_its_accumulators_can_hold() -> None:
    """Every partial sum over extreme inputs stays within the bound, and some input comes close to it."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph = CASES["unidirectional_sequence_lstm"](rng, True)
        (found,) = accumulator_bounds(graph)
        bound = graph.bind(graph.nodes[0])
        constants = lstm_s8_constants(bound)
        largest = 0
        for weights, start in (
            (constants.weights, constants.input_bias),
            (constants.recurrent, constants.recurrent_bias),
        ):
            for sign in (1, -1):
                extreme = np.where(weights * sign > 0, 127, -128)
                sums = start[:, np.newaxis] + np.cumsum(weights * extreme, axis=1)
                largest = max(largest, int(np.abs(sums).max()))
        assert largest <= found.bound <= 3 * largest
