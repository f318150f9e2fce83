"""Weights of a layer that are rounded together reproduce its output better than each rounded to its nearest code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import QuantizationError, UsageError
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import Recipe, dequantize_output, quantize, quantize_input
from edgeml.quantize.gram import grouped, moments, ungrouped
from edgeml.quantize.layer_samples import linear
from edgeml.quantize.quantizer import inner_bits, weighted_layers
from edgeml.quantize.repairs import held_out
from edgeml.quantize.rounding_fit import damped, descend, error_of, fit_codes
from tests.quantize.networks import output_db


def _net(bits: int, **fields: object) -> tuple[Graph, Array, Recipe]:
    """conv 3x3 s2, depthwise with two outputs a channel, dilated conv, dense; inputs that go together."""
    rng = np.random.default_rng(3)
    b = GraphBuilder("net", OPS)

    def weights(name: str, *shape: int) -> str:
        return b.constant(name, rng.normal(size=shape).astype(np.float32))

    y = b.add(
        "conv_2d",
        [b.input("x", (1, 10, 9, 3)), weights("w0", 8, 3, 3, 3), weights("b0", 8)],
        Conv2DAttrs((2, 1), (1, 1, 1, 1), activation=Activation.RELU),
        name="first",
    )
    y = b.add(
        "depthwise_conv_2d",
        [y, weights("w1", 1, 3, 3, 16), ""],
        DepthwiseConv2DAttrs((1, 1), (0, 1, 1, 1)),
        name="depthwise",
    )
    y = b.add(
        "conv_2d",
        [y, weights("w2", 12, 2, 2, 16), ""],
        Conv2DAttrs(dilation=(1, 2), activation=Activation.RELU),
        name="last",
    )
    y = b.add("fully_connected", [y, weights("w3", 5, 3 * 7 * 12), ""], FullyConnectedAttrs(), name="dense")
    graph = b.build([y])
    mix = rng.normal(size=(4, 270)).astype(np.float32)
    x = (rng.normal(size=(256, 4)).astype(np.float32) @ mix + 0.3 * rng.normal(size=(256, 270))).astype(np.float32)
    return graph, x.reshape(256, 10, 9, 3), Recipe(weight_bits=dict.fromkeys(("depthwise", "last"), bits), **fields)


@pytest.mark.parametrize("bits", [4, 2])
def test_layers_of_few_bits_come_nearer_to_the_float_output(bits: int) -> None:
    graph, x, recipe = _net(bits)
    learned, nearest = quantize(graph, x, recipe), quantize(graph, x, replace(recipe, rounding="nearest"))
    # 11 and 18 dB, 8 and 15 without scales that clip
    assert output_db(learned, x) > output_db(nearest, x) + {4: 10, 2: 16.5}[bits]
    told = {r.layer: r for r in learned.repairs if r.method == "learned rounding"}
    assert set(told) == {"first", "depthwise", "last", "dense"} and told["depthwise"].kept and told["last"].kept
    assert told["last"].after < told["last"].before / 1.5
    largest = 2 ** (bits - 1) - 1
    for layer in ("depthwise", "last"):
        codes = learned.graph.bind(next(n for n in learned.graph.nodes if n.name == layer)).input(1).data
        assert codes is not None and np.abs(codes).max() <= largest and len(np.unique(codes)) > largest


def test_int8_weights_are_learned_unless_the_nearest_are_asked_for() -> None:
    graph, x, _ = _net(8)
    assert not [r for r in quantize(graph, x, Recipe(rounding="nearest")).repairs if r.method == "learned rounding"]
    told = {r.layer: r for r in quantize(graph, x).repairs if r.method == "learned rounding"}
    assert set(told) == {"first", "depthwise", "last", "dense"} and told["last"].after < told["last"].before


def test_samples_of_which_none_can_be_held_out_teach_nothing() -> None:
    graph, x, _ = _net(8)
    for count, methods in ((3, {"bias correction"}), (4, {"bias correction", "learned rounding"})):
        assert {r.method for r in quantize(graph, x[:count]).repairs} == methods


def test_a_layer_makes_up_for_the_one_before_it() -> None:
    """Only the second is coarse; the next ones, in int8, are fitted to what they now read: 22 dB, 8 if to what they
    should."""
    graph, x, _ = _net(8)
    coarse = Recipe(weight_bits={"depthwise": 2})
    nearest = quantize(graph, x, replace(coarse, rounding="nearest"))
    assert output_db(quantize(graph, x, coarse), x) > output_db(nearest, x) + 10


def test_codes_that_make_held_out_samples_worse_are_undone() -> None:
    b = GraphBuilder("turned", OPS)
    # in codes 127, 40.4, 60.4 and 127, 20.4, 33.4: rounded to the nearest, errors of the last two add up or cancel
    w = b.constant("w", np.float32([[127, 40.4, 60.4], [127, 20.4, 33.4]]) / np.float32(127))
    graph = b.build([b.add("fully_connected", [b.input("x", (1, 3)), w, ""], FullyConnectedAttrs(), name="dense")])
    values = np.round(np.linspace(-12.8, 12.7, 256), 1).astype(np.float32)
    # in the samples that are fitted errors add up, in those that judge they cancel
    turned = np.where(held_out(256), -1, 1)
    x = np.stack([0 * values, values, turned * values], axis=1).astype(np.float32)
    recipe = Recipe(rounding="learned", bias_correction=False)
    learned, nearest = quantize(graph, x, recipe), quantize(graph, x, replace(recipe, rounding="nearest"))
    (repair,) = learned.repairs
    assert not repair.kept and repair.after > repair.before
    for got, want in zip(learned.graph.constants, nearest.graph.constants, strict=True):
        np.testing.assert_array_equal(got.data, want.data)


def test_integer_least_squares_beat_each_weight_rounded_alone() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 30)) + 0.1 * rng.normal(size=(400, 30))
    weights = rng.normal(size=(1, 8, 30))
    inputs, cross = damped((rows.T @ rows)[None], weights @ (rows.T @ rows)[None], weights)
    scales = np.abs(weights).max(axis=2) / 7
    nearest = np.clip(np.rint(weights / scales[:, :, None]), -7, 7)
    free = np.ones(weights.shape, bool)

    def errors(codes: Array) -> Array:
        return error_of(inputs, cross, codes * scales[:, :, None]) - error_of(inputs, cross, weights)

    both, descent = fit_codes(inputs, cross, scales, 7, free), descend(inputs, cross, nearest, scales, 7, free)
    assert np.abs(both).max() <= 7 and (both == np.rint(both)).all()
    assert errors(both).sum() < 0.9 * errors(descent).sum() < 0.5 * errors(nearest).sum()
    # no single code can be moved to a better value
    for k in range(30):
        for step in (-1, 1):
            other = both.copy()
            other[:, :, k] = np.clip(other[:, :, k] + step, -7, 7)
            assert (errors(other) >= errors(both) - 1e-6).all()


@pytest.mark.parametrize("bits", [8, 4])
def test_pruned_weights_stay_zero(bits: int) -> None:
    graph, x, recipe = _net(bits, rounding="learned")
    pruned = {}
    for name in ("w0", "w1", "w2", "w3"):
        data = graph.tensor(name).data.copy()
        data[np.abs(data) < 0.8] = 0.0
        pruned[name] = replace(graph.tensor(name), data=data)
    graph = graph.with_tensors(pruned)
    result = quantize(graph, x, recipe)
    assert {r.layer for r in result.repairs if r.method == "learned rounding" and r.kept} >= {"depthwise", "last"}
    for node in result.float_graph.nodes:
        real = result.float_graph.bind(node).input(1).data
        codes = result.graph.bind(next(n for n in result.graph.nodes if n.name == node.name)).input(1).data
        assert (real == 0).mean() > 0.4 and not codes[real == 0].any()


@pytest.mark.parametrize("layer", ["first", "depthwise", "last", "dense"])
def test_moments_are_those_of_the_layer(layer: str) -> None:
    """Least squares on the sums of a float layer give back its own weights."""
    graph = _net(8)[0]
    bound = next(b for b in graph.bound() if b.name == layer)
    weights = bound.input(1).data
    assert weights is not None
    np.testing.assert_array_equal(ungrouped(bound, grouped(bound, weights)), weights)
    z = np.random.default_rng(1).normal(size=(400, *bound.input(0).shape[1:])).astype(np.float32) + np.float32(3)
    sums = moments(bound, z, linear(bound, z))
    inputs, cross = damped(sums.inputs, sums.cross, grouped(bound, weights) * 0.0, damping=1e-9)
    found = np.linalg.solve(inputs, cross.swapaxes(1, 2)).swapaxes(1, 2)
    np.testing.assert_allclose(ungrouped(bound, found), weights, atol=2e-3)


def test_bits_of_layers_that_are_not_there_are_refused() -> None:
    graph, x, _ = _net(8)
    with pytest.raises(QuantizationError, match="'other' is no layer with weights"):
        quantize(graph, x, Recipe(weight_bits={"other": 4}))
    with pytest.raises(UsageError, match="2 to 8 bits"):
        Recipe(weight_bits={"first": 1})
    with pytest.raises(UsageError, match="unknown rounding 'up'"):
        Recipe(rounding="up")  # type: ignore[arg-type]
    assert weighted_layers(graph) == ("first", "depthwise", "last", "dense")
    assert inner_bits(graph, 4) == {"depthwise": 4, "last": 4} and inner_bits(graph, 8) == {}


@pytest.mark.needs_shared
def test_image_classification_keeps_its_accuracy_with_four_bits(shared: Path) -> None:
    """MLPerf Tiny IC, 4-bit weights but in the first and last layer: within 1 point of float32 on 1000 images."""
    graph = load(shared / "models/mlperf_tiny/pretrainedResnet.tflite")
    train, test = np.load(shared / "data/cifar10_train500.npz"), np.load(shared / "data/cifar10_test2000.npz")
    result = quantize(graph, train["x"].astype(np.float32), Recipe(weight_bits=inner_bits(graph, 4)))
    x, y = test["x"][::2].astype(np.float32), test["y"][::2]
    exact = run_single(result.float_graph, x).argmax(axis=-1)
    codes = run_single(result.graph, quantize_input(x, result.graph.input_tensors[0].type))
    got = dequantize_output(codes, result.graph.output_tensors[0].type).argmax(axis=-1)
    assert np.mean(got == y) >= np.mean(exact == y) - 0.01 and np.mean(got != exact) < 0.05
