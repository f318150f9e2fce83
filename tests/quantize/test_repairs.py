"""Repairs lower the error where they can, and are undone where held-out samples say that they do not."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.ir import GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.repairs import held_out, judging, spread
from tests.quantize.networks import near_constant, output_db, pooled


def test_a_pooled_output_with_its_own_scale_is_nearer_to_the_float_one() -> None:
    graph, x = pooled()
    own, shared = quantize(graph, x), quantize(graph, x, Recipe(pool_scale=False))
    assert [n.op for n in own.graph.nodes][1] == "mean"
    assert [n.op for n in shared.graph.nodes][1] == "average_pool_2d"
    assert output_db(own, x) > output_db(shared, x) + 10
    (repair,) = [r for r in own.repairs if r.method == "pool scale"]
    assert repair.layer == "pool" and repair.kept and repair.after < repair.before / 10


def test_a_pool_that_fills_its_scale_stays_what_it_is() -> None:
    graph, _ = pooled()
    # even pixels: the average is as large as the largest value
    x = np.repeat(np.repeat(np.random.default_rng(0).random((32, 1, 1, 3), np.float32), 8, 1), 8, 2)
    result = quantize(graph, x)
    assert [n.op for n in result.graph.nodes][1] == "average_pool_2d"
    (repair,) = [r for r in result.repairs if r.method == "pool scale"]
    assert not repair.kept and repair.after >= repair.before


def test_bias_correction_repairs_what_nearly_constant_channels_lose() -> None:
    graph, x = near_constant()
    repaired, plain = (quantize(graph, x, Recipe.plain(bias_correction=c)) for c in (True, False))
    assert output_db(repaired, x) > output_db(plain, x) + 6
    corrected = {r.layer: r for r in repaired.repairs if r.method == "bias correction"}
    assert set(corrected) == {"first", "depthwise", "last", "dense"}
    assert corrected["depthwise"].after < corrected["depthwise"].before / 4


def test_analytic_correction_takes_back_what_rounded_weights_add_to_the_mean_input() -> None:
    graph, x = near_constant()
    plain = quantize(graph, x, Recipe.plain())
    analytic = quantize(graph, x, Recipe.plain(bias_correction=True, bias_method="analytic"))
    assert output_db(analytic, x) > output_db(plain, x) + 6
    corrected = {r.layer: r for r in analytic.repairs}
    assert corrected["depthwise"].after < corrected["depthwise"].before / 4
    # it is not the empirical one, which makes up for the layers before as well
    assert analytic.repairs != quantize(graph, x, Recipe.plain(bias_correction=True)).repairs


def test_a_correction_that_makes_held_out_samples_worse_is_undone() -> None:
    b = GraphBuilder("turned", OPS)
    w = np.float32([[1.0, 0.3371], [1.0, 0.7713]])
    y = b.add("fully_connected", [b.input("x", (1, 2)), b.constant("w", w), ""], FullyConnectedAttrs(), name="dense")
    graph = b.build([y])
    # on held-out samples the input, and with it the offset of rounding, has the other sign
    turned = np.where(held_out(64), -12.8, 12.7).astype(np.float32)
    x = np.stack([np.zeros_like(turned), turned], axis=1)
    result = quantize(graph, x, Recipe.plain(bias_correction=True))
    (repair,) = result.repairs
    assert not repair.kept and repair.after > repair.before
    plain = quantize(graph, x, Recipe.plain()).graph
    assert [t.name for t in result.graph.constants] == [t.name for t in plain.constants]


@pytest.mark.parametrize("count", [1, 3])
def test_with_too_few_samples_to_hold_any_out_all_correct_and_all_judge(count: int) -> None:
    graph, x = near_constant()
    assert not held_out(count).any()
    assert len(judging({"x": x[:count]})["x"]) == count
    assert all(np.isfinite([r.before, r.after]).all() for r in quantize(graph, x[:count]).repairs)


def test_samples_for_measuring_come_from_the_whole_data_set() -> None:
    x = np.arange(1000)
    np.testing.assert_array_equal(spread({"x": x}, 4, stream=False)["x"], [0, 250, 500, 750])
    np.testing.assert_array_equal(spread({"x": x}, 4, stream=True)["x"], [0, 1, 2, 3])
    assert len(spread({"x": x}, 2000, stream=False)["x"]) == 1000


def test_a_scalar_constant_is_quantised() -> None:
    b = GraphBuilder("scaled", OPS)
    two = b.constant("two", np.asarray(2.0, np.float32))
    y = b.add("mul", [b.input("x", (1, 4)), two], BinaryAttrs(), name="twice")
    x = np.random.default_rng(0).random((16, 4), np.float32)
    assert output_db(quantize(b.build([y]), x), x) > 35
