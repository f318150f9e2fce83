"""Preprocessing goes into the first convolution, border included, and only where that is the same function."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.interpreter import run_single
from edgeml.ir import Graph, GraphBuilder, verify
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.passes.preprocessing_folding import fold_preprocessing
from edgeml.quantize import Recipe, quantize, quantize_input
from edgeml.quantize.codes import dequantize_output

X = np.random.default_rng(0).random((4, 7, 6, 3), dtype=np.float32)
SAME = (1, 1, 1, 1)
MEANS, DEVIATIONS = np.array([0.4, 0.5, 0.6], np.float32), np.array([0.2, 0.3, 0.25], np.float32)


def graph(*steps: tuple[str, object], padding=SAME, bias: bool = True, turned: bool = False, seed: int = 0) -> Graph:
    b, rng = GraphBuilder("g", OPS), np.random.default_rng(seed)
    y = b.input("image", (1, 7, 6, 3))
    for i, (op, value) in enumerate(steps):
        c = b.constant(f"c{i}", np.asarray(value, np.float32))
        y = b.add(op, [c, y] if turned else [y, c], BinaryAttrs())
    inputs = [y, b.constant("w", rng.standard_normal((5, 3, 3, 3)).astype(np.float32))]
    if bias:
        inputs.append(b.constant("b", rng.standard_normal(5).astype(np.float32)))
    return b.build([b.add("conv_2d", inputs, Conv2DAttrs((2, 1), padding, (1, 1), Activation.RELU6))])


def check(before: Graph, ops: list[str]) -> Graph:
    after = verify(fold_preprocessing(before), OPS)
    assert [n.op for n in after.nodes] == ops
    np.testing.assert_allclose(run_single(after, X), run_single(before, X), rtol=1e-4, atol=2e-5)
    return after


@pytest.mark.parametrize("bias", [True, False])
def test_the_usual_range_goes_into_the_convolution_and_its_border(bias: bool) -> None:
    after = check(graph(("mul", 2), ("sub", 1), bias=bias), ["pad", "conv_2d"])
    assert after.nodes[0].attrs.value == 0.5
    check(graph(("div", 0.5), ("add", [-1.0]), bias=bias), ["pad", "conv_2d"])


def test_a_factor_alone_needs_no_other_border() -> None:
    after = check(graph(("mul", 255)), ["conv_2d"])
    assert after.nodes[0].attrs.padding == SAME


def test_a_constant_before_the_image_turns_the_sign() -> None:
    check(graph(("sub", 1), turned=True), ["pad", "conv_2d"])


def test_a_value_for_each_channel_goes_in_where_nothing_is_padded() -> None:
    steps = (("sub", MEANS), ("div", DEVIATIONS))
    check(graph(*steps, padding=(0, 0, 0, 0)), ["conv_2d"])
    check(graph(*steps), ["sub", "div", "conv_2d"])


def test_what_is_no_scaling_stays() -> None:
    check(graph(("mul", X[:1, :, :, :])), ["mul", "conv_2d"])
    check(graph(("maximum", 0.5)), ["maximum", "conv_2d"])
    check(graph(), ["conv_2d"])


def test_in_int8_one_rounding_of_the_image_is_left() -> None:
    errors = np.zeros(2)
    # one network may be lucky with two roundings
    for seed in range(10):
        before = graph(("mul", 2), ("sub", 1), seed=seed)
        exact = run_single(before, X)
        for i, g in enumerate((before, fold_preprocessing(before))):
            # rounding that is learned makes up for some of it on so few samples
            int8 = quantize(g, X, Recipe(rounding="nearest")).graph
            out = int8.output_tensors[0]
            got = dequantize_output(run_single(int8, quantize_input(X, int8.input_tensors[0].type)), out.type)
            errors[i] += np.square(got - exact).sum()
    assert errors[1] < errors[0]
