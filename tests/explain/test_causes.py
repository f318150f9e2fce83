"""Each known cause of a loss is said in words where it is the cause, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.explain import explain
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import Recipe, quantize
from tests.quantize.networks import near_constant, pooled

PLAIN = Recipe.plain()


def _reasons(graph: Graph, x: Array, recipe: Recipe = PLAIN) -> dict[str, str]:
    """The sentences about each layer."""
    return {layer.name: " ".join(layer.reasons) for layer in explain(quantize(graph, x, recipe), x).explanation.layers}


def _vectors(features: int = 8, count: int = 200) -> Array:
    return np.random.default_rng(3).normal(size=(count, features)).astype(np.float32)


def _dense(b: GraphBuilder, x: str, weights: Array, name: str) -> str:
    w = b.constant(f"{name}_w", weights.astype(np.float32))
    return b.add("fully_connected", [x, w, ""], FullyConnectedAttrs(), name=name)


def _weights(rows: int, columns: int = 8) -> Array:
    return np.random.default_rng(rows).normal(size=(rows, columns))


def test_nearly_constant_channels() -> None:
    assert "of its 8 input channels are nearly constant" in _reasons(*near_constant())["depthwise"]


@pytest.mark.parametrize(("mean", "said"), [(3.0, True), (0.0, False)])
def test_inputs_with_a_mean_far_from_zero(mean: float, said: bool) -> None:
    b = GraphBuilder("mean", OPS)
    y = _dense(b, b.input("x", (1, 32)), _weights(16, 32), "first")
    graph, x = b.build([_dense(b, y, _weights(3, 16), "out")]), _vectors(32, 400) + np.float32(mean)
    assert ("its inputs have a mean far from zero" in _reasons(graph, x)["first"]) is said


def test_shared_pool_scale() -> None:
    graph, x = pooled()
    assert "shared pool scale" in _reasons(graph, x)["pool"]
    assert "shared pool scale" not in _reasons(graph, x, Recipe())["pool"]


def test_outlier_channel() -> None:
    b, weights = GraphBuilder("outlier", OPS), _weights(6)
    weights[4] *= 40
    y = _dense(b, b.input("x", (1, 8)), weights, "wide")
    graph = b.build([_dense(b, y, _weights(3, 6), "out")])
    assert "outlier channel 4" in _reasons(graph, _vectors())["wide"]


def test_rare_values_set_the_range() -> None:
    b = GraphBuilder("rare", OPS)
    y = _dense(b, b.input("x", (1, 8)), _weights(16), "first")
    graph, x = b.build([_dense(b, y, _weights(3, 16), "out")]), _vectors(count=2000)
    x[0] *= 30
    assert "rare values set the range" in _reasons(graph, x)["first"]


def test_range_ruined_by_a_tensor_with_the_same_scale() -> None:
    b = GraphBuilder("tied", OPS)
    x = b.input("x", (1, 8))
    both = [_dense(b, x, _weights(4), "small"), _dense(b, x, _weights(5) * 50, "large")]
    y = b.add("concatenation", both, ConcatenationAttrs(1), name="joined")
    found = _reasons(b.build([_dense(b, y, _weights(3, 9) / ([1] * 4 + [50] * 5), "out")]), _vectors())
    assert "range ruined by 'joined' (concatenation)" in found["small"]
    assert "ruined" not in found["large"]


def test_range_ruined_by_a_clamp() -> None:
    b = GraphBuilder("clamped", OPS)
    y = _dense(b, b.input("x", (1, 8)), _weights(6) * 20, "wide")
    y = b.add("minimum", [y, b.constant("limit", np.float32([1.5]))], BinaryAttrs(), name="upper")
    y = b.add("maximum", [y, b.constant("floor", np.float32([-1.5]))], BinaryAttrs(), name="lower")
    graph = b.build([_dense(b, y, _weights(3, 6), "out")])
    assert "range ruined by a clamp" in _reasons(graph, _vectors())["wide"]


def test_clipped_values() -> None:
    b = GraphBuilder("clipped", OPS)
    y = _dense(b, b.input("x", (1, 8)), _weights(16), "first")
    graph = b.build([_dense(b, y, _weights(3, 16), "out")])
    found = _reasons(graph, _vectors(), Recipe.plain(observer="percentile", percentile=90))
    assert "clipped" in found["first"]
    assert "clipped" not in _reasons(graph, _vectors())["first"]


@pytest.mark.parametrize(("factor", "said"), [(30.0, True), (0.5, False)])
def test_saturating_activation(factor: float, said: bool) -> None:
    b = GraphBuilder("saturating", OPS)
    y = _dense(b, b.input("x", (1, 8)), _weights(6) * factor, "wide")
    y = b.add("logistic", [y], name="gate")
    graph = b.build([_dense(b, y, _weights(3, 6), "out")])
    assert ("saturating activation" in _reasons(graph, _vectors())["wide"]) is said


def test_a_network_without_a_cause_has_no_reasons() -> None:
    b = GraphBuilder("plain", OPS)
    y = _dense(b, b.input("x", (1, 32)), _weights(32, 32), "first")
    graph = b.build([_dense(b, y, _weights(3, 32), "out")])
    assert not any(_reasons(graph, _vectors(32)).values())
