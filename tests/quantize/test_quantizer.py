import numpy as np
import pytest

from edgeml.errors import QuantizationError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import DType, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import Recipe, dequantize_output, quantize, quantize_input
from edgeml.quantize.observers import Histogram, quantization_for, value_range
from edgeml.validate.accumulators import accumulator_bounds
from tests.graphs import images, small_cnn


def test_the_int8_graph_follows_the_float_graph():
    graph, x = small_cnn(), images(64)
    result = quantize(graph, x)
    codes = quantize_input(x, result.graph.input_tensors[0].type)
    real = dequantize_output(run_single(result.graph, codes), result.graph.output_tensors[0].type)
    assert np.abs(real - run_single(graph, x)).max() < 0.03
    assert all(layer.sqnr_db > 20 for layer in result.layers)
    assert {layer.name for layer in result.layers} == {n.name for n in result.graph.nodes}


def test_weights_are_symmetric_narrow_and_per_channel():
    graph = quantize(small_cnn(), images(16)).graph
    for tensor in graph.constants:
        if tensor.dtype is DType.INT8:
            assert tensor.data.min() >= -127
            assert set(tensor.quantization.zero_point) == {0}
            assert len(tensor.quantization.scale) == tensor.shape[0]
            # every channel uses all of its codes
            assert (np.abs(tensor.data).reshape(tensor.shape[0], -1).max(axis=1) == 127).all()


def test_bias_correction_lowers_the_mean_error():
    graph, x = small_cnn(seed=3), images(128)
    # one channel nearly constant and large: rounding of its weights becomes an offset
    exact = run_single(graph, x)

    def offset(recipe: Recipe) -> float:
        result = quantize(graph, x, recipe)
        codes = quantize_input(x, result.graph.input_tensors[0].type)
        real = dequantize_output(run_single(result.graph, codes), result.graph.output_tensors[0].type)
        return float(np.abs((real - exact).mean(axis=0)).sum())

    assert offset(Recipe(bias_correction=True)) < offset(Recipe(bias_correction=False))


def test_of_large_samples_some_values_of_every_channel_are_counted():
    histogram, channels = Histogram(), np.float32([1, 2, 3, 4])
    # 2^18 values a sample, and a peak that is not among those counted
    x = np.tile(channels, (2, 256, 256, 1))
    x[1, 200, 200, 1] = 5.0
    histogram.observe(x)
    assert histogram.high == 5.0 and histogram.counts.sum() <= 2 * 2**14

    shares = [histogram.counts[np.rint(histogram.centers) == c].sum() / histogram.counts.sum() for c in channels]
    assert np.allclose(shares, 0.25, atol=0.001)


def test_a_range_shrinks_only_where_the_squared_error_falls_by_a_hundredth():
    shares = []
    # the least error would be at 97 % of the first
    for size in (10_000, 1_000_000):
        histogram = Histogram()
        histogram.observe(np.random.default_rng(0).normal(size=(1, size)).astype(np.float32))
        low, high = value_range(histogram, Recipe(observer="mse"))
        shares.append((high - low) / (histogram.high - histogram.low))
    assert shares[0] == 1.0 and shares[1] < 0.85


@pytest.mark.parametrize("observer", ["minmax", "percentile", "mse", "entropy"])
def test_observers_give_ranges_inside_the_data(observer):
    histogram = Histogram()
    rng = np.random.default_rng(0)
    for _ in range(4):
        histogram.observe(rng.standard_normal(20_000).astype(np.float32))
    histogram.observe(np.float32([50.0]))
    low, high = value_range(histogram, Recipe(observer=observer))
    assert histogram.low <= low < -2.5
    assert high == 50.0 if observer == "minmax" else 2.5 < high < 50.0


def test_zero_is_always_a_code():
    for low, high in [(-1.0, 3.0), (2.0, 5.0), (-5.0, -2.0), (0.0, 0.0), (-1e-42, 1e-42)]:
        q = quantization_for(low, high)
        assert -128 <= q.zero_point[0] <= 127 and q.scale[0] > 0


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((3, 10, 10, 1), np.nan, np.float32), "NaN or infinity in 3 of 3 samples, first in sample 0"),
        (np.zeros((0, 10, 10, 1), np.float32), "empty"),
        (np.zeros((2, 9, 10, 1), np.float32), r"shape \(9, 10, 1\), input 'image' needs \(10, 10, 1\)"),
        (np.array([["a"]]), "must be numbers"),
    ],
)
def test_unusable_calibration_data_is_refused(x, message):
    with pytest.raises(QuantizationError, match=message):
        quantize(small_cnn(), x)


def test_an_int8_graph_is_not_quantised_again():
    graph = quantize(small_cnn(), images(8)).graph
    with pytest.raises(QuantizationError, match="only float32 graphs"):
        quantize(graph, images(8))


def test_recipes_check_their_values():
    with pytest.raises(UsageError, match="unknown observer 'median'"):
        Recipe(observer="median")
    with pytest.raises(UsageError, match="percentile"):
        Recipe(percentile=30)
    with pytest.raises(UsageError, match="unknown bias method 'magic'"):
        Recipe(bias_method="magic")


def test_the_channel_that_data_sets_give_to_sequences_is_taken_back():
    # (N, steps, features) is kept by data sets as (N, steps, features, 1)
    x, graph = images(12), small_cnn()
    with_channel, plain = quantize(graph, x[..., np.newaxis]), quantize(graph, x)
    np.testing.assert_array_equal(run_single(with_channel.graph, _codes(with_channel.graph, x)),
                                  run_single(plain.graph, _codes(plain.graph, x)))  # fmt: skip
    with pytest.raises(QuantizationError, match="Reshape or resize"):
        quantize(graph, x[..., np.newaxis, np.newaxis])


def _codes(graph, x):
    return quantize_input(x, graph.input_tensors[0].type)


@pytest.mark.parametrize("per_channel", [True, False])
def test_a_channel_that_hardly_looks_at_its_input_keeps_its_accumulator_in_range(per_channel):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4, 16)).astype(np.float32)
    weights[1] *= 1e-12  # its bias would be 10^13 steps
    bias = np.float32([0.1, 3.0, 0.2, -0.3])
    b = GraphBuilder("dead", OPS)
    x = b.input("x", (1, 16))
    y = b.add("fully_connected", [x, b.constant("w", weights), b.constant("b", bias)], FullyConnectedAttrs(), name="y")
    graph, data = b.build([y]), rng.standard_normal((64, 16)).astype(np.float32)
    result = quantize(graph, data, Recipe(per_channel=per_channel))
    assert all(a.bound < 2**23 for a in accumulator_bounds(result.graph))
    codes = quantize_input(data, result.graph.input_tensors[0].type)
    out = result.graph.output_tensors[0].type
    real = dequantize_output(run_single(result.graph, codes), out)
    assert np.abs(real[:, 1] - 3.0).max() <= 1.01 * out.scale
    assert np.abs(real - run_single(graph, data)).max() < (0.2 if per_channel else 2.5)


def test_a_bias_that_is_no_number_is_named():
    b = GraphBuilder("nan", OPS)
    bias = b.constant("b", np.float32([np.nan, 0]))
    y = b.add("fully_connected", [b.input("x", (1, 2)), b.constant("w", np.eye(2, dtype=np.float32)), bias],
              FullyConnectedAttrs(), name="y")  # fmt: skip
    with pytest.raises(QuantizationError, match="NaN or infinity"):
        quantize(b.build([y]), np.ones((4, 2), np.float32))
