"""gelu and hard_swish as exporters spell them become one operator; what only looks like them stays."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run
from edgeml.passes import canonicalize
from tests.frontends.onnx.models import model, node

X = np.random.default_rng(2).normal(0, 3, (1, 40)).astype(np.float32)
CONSTANTS = {
    "root": np.float32(2**0.5), "inverse": np.float32(0.5**0.5), "one": np.float32(1), "half": np.float32(0.5),
    "zero": np.float32(0), "three": np.float32(3), "six": np.float32(6), "sixth": np.float32(1 / 6),
    "four": np.float32(4),
}  # fmt: skip
ERF = [node("Div", ["x", "root"], ["s"]), node("Erf", ["s"], ["e"]), node("Add", ["e", "one"], ["a"])]
CLIP = [node("Add", ["three", "x"], ["s"]), node("Clip", ["s", "zero", "six"], ["a"])]
GELU = [
    [*ERF, node("Mul", ["x", "a"], ["m"]), node("Mul", ["m", "half"], ["y"])],
    [*ERF, node("Mul", ["half", "x"], ["m"]), node("Mul", ["a", "m"], ["y"])],
    [node("Mul", ["x", "inverse"], ["s"]), *ERF[1:], node("Mul", ["a", "half"], ["m"]), node("Mul", ["x", "m"], ["y"])],
]
HARD_SWISH = [
    [*CLIP, node("Mul", ["x", "a"], ["m"]), node("Div", ["m", "six"], ["y"])],
    [*CLIP, node("Div", ["a", "six"], ["m"]), node("Mul", ["m", "x"], ["y"])],
    [*CLIP, node("Mul", ["a", "sixth"], ["m"]), node("Mul", ["m", "x"], ["y"])],
]
OTHERS = [
    [*CLIP, node("Mul", ["x", "a"], ["m"]), node("Div", ["m", "four"], ["y"])],
    [*ERF, node("Mul", ["x", "a"], ["y"])],
    [*CLIP, node("Mul", ["x", "a"], ["m"]), node("Div", ["six", "m"], ["y"])],
    [*ERF, node("Mul", ["x", "x"], ["q"]), node("Mul", ["q", "a"], ["m"]), node("Mul", ["m", "half"], ["y"])],
]


def canonical(nodes: list) -> list[str]:
    """Operators after the passes, which must compute what the model says."""
    graph = from_onnx(model(nodes, {"x": [1, 40]}, ["y"], CONSTANTS).SerializeToString())
    result = canonicalize(graph)
    np.testing.assert_allclose(run(result, {"x": X})["y"], run(graph, {"x": X})["y"], rtol=1e-5, atol=1e-6)
    return [n.op for n in result.nodes]


@pytest.mark.parametrize("nodes", GELU)
def test_gelu(nodes):
    assert canonical(nodes) == ["gelu"]


@pytest.mark.parametrize("nodes", HARD_SWISH)
def test_hard_swish(nodes):
    assert canonical(nodes) == ["hard_swish"]


@pytest.mark.parametrize("nodes", OTHERS)
def test_products_with_another_constant_or_factor_stay(nodes):
    assert not set(canonical(nodes)) & {"gelu", "hard_swish"}
