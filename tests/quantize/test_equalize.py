"""Cross-layer equalisation computes the same in float32, and is kept where it brings the int8 graph nearer."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph, GraphBuilder, Tensor
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.equalize import equalize
from tests.quantize.networks import output_db


def uneven(activation: Activation = Activation.RELU, *, spread: float = 3.0) -> Graph:
    """conv 1x1, depthwise 3x3, conv 1x1; channels of the first differ by `spread` powers of ten, the next undo it."""
    rng = np.random.default_rng(5)
    b = GraphBuilder("uneven", OPS)
    factor = np.logspace(0, spread, 8).astype(np.float32)
    first = rng.normal(size=(8, 1, 1, 3)).astype(np.float32) * factor[:, None, None, None]
    bias = rng.normal(size=8).astype(np.float32) * factor
    second = rng.normal(size=(1, 3, 3, 8)).astype(np.float32) / factor
    third = rng.normal(size=(4, 1, 1, 8)).astype(np.float32)
    x = b.input("x", (1, 6, 6, 3))
    y = b.add("conv_2d", [x, b.constant("w0", first), b.constant("b0", bias)], Conv2DAttrs(activation=activation),
              name="first")  # fmt: skip
    attrs = DepthwiseConv2DAttrs(activation=activation)
    y = b.add("depthwise_conv_2d", [y, b.constant("w1", second), ""], attrs, name="second")
    return b.build([b.add("conv_2d", [y, b.constant("w2", third), ""], Conv2DAttrs(), name="third")])


def samples() -> Array:
    return np.random.default_rng(6).normal(size=(64, 6, 6, 3)).astype(np.float32)


def test_the_float_graph_computes_the_same() -> None:
    graph, x = uneven(), samples()
    other, pairs = equalize(graph)
    assert [(p.first, p.second) for p in pairs] == [("first", "second"), ("second", "third")]
    exact = run_single(graph, x)
    np.testing.assert_allclose(run_single(other, x), exact, atol=1e-4 * np.abs(exact).max())


def test_channels_become_equally_large() -> None:
    other, _ = equalize(uneven())
    first = np.abs(other.tensor("w0").data).max(axis=(1, 2, 3))
    second = np.abs(other.tensor("w1").data).max(axis=(0, 1, 2))
    # the depthwise layer is part of two pairs, which pull until both are nearly content
    np.testing.assert_allclose(first, second, rtol=0.05)


def test_uneven_channels_gain_in_int8() -> None:
    graph, x = uneven(), samples()
    plain, equalized = quantize(graph, x), quantize(graph, x, Recipe(equalize=True))
    assert output_db(equalized, x) > output_db(plain, x) + 6
    told = [r for r in equalized.repairs if r.method == "equalisation"]
    assert len(told) == 2 and all(r.kept and r.after < r.before for r in told)


def test_equalisation_that_makes_held_out_samples_worse_is_undone() -> None:
    # large weights on an input that hardly ever moves: the channels look large and are not
    graph, x = uneven(spread=0.0), samples()
    x[..., 2] *= 1e-3
    weights = graph.tensor("w0").data.copy()
    weights[:6, ..., 2] = 20.0
    graph = graph.with_tensors({"w0": Tensor("w0", graph.tensor("w0").type, weights)})
    plain, tried = quantize(graph, x), quantize(graph, x, Recipe(equalize=True))
    told = [r for r in tried.repairs if r.method == "equalisation"]
    assert told and not any(r.kept for r in told) and told[0].after >= told[0].before
    assert output_db(tried, x) == output_db(plain, x)


@pytest.mark.parametrize("activation", [Activation.RELU6, Activation.RELU_N1_TO_1])
def test_activations_with_a_limit_are_left_alone(activation: Activation) -> None:
    graph = uneven(activation)
    other, pairs = equalize(graph)
    assert not pairs and other.tensor("w0").data is graph.tensor("w0").data


def test_a_tensor_that_others_read_too_is_left_alone() -> None:
    graph = uneven()
    shared = Graph(graph.name, graph.inputs, (*graph.outputs, "first"), graph.tensors, graph.nodes)
    assert [p.first for p in equalize(shared)[1]] == ["second"]
