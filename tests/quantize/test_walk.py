"""Going through a graph node by node gives what running it whole gives."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.interpreter import run
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.transpose import TransposeAttrs
from edgeml.quantize import quantize
from edgeml.quantize.walk import SampleWalk, Walk, walk


def _network(mixes: bool) -> Graph:
    rng = np.random.default_rng(0)
    b = GraphBuilder("net", OPS)
    y = b.input("x", (1, 6))
    y = b.add("fully_connected", [y, b.constant("w", rng.normal(size=(4, 6)).astype(np.float32)), ""],
              FullyConnectedAttrs(), name="dense")  # fmt: skip
    if mixes:
        y = b.add("transpose", [y], TransposeAttrs((1, 0)), name="column")
        y = b.add("transpose", [y], TransposeAttrs((1, 0)), name="row")
    return b.build([b.add("relu", [y], name="out")])


@pytest.mark.parametrize("mixes", [False, True])
def test_steps_give_what_a_run_gives(mixes: bool) -> None:
    graph = _network(mixes)
    x = np.random.default_rng(1).normal(size=(5, 6)).astype(np.float32)
    names = [n.outputs[0] for n in graph.nodes]
    whole = run(graph, {"x": x}, names)
    steps = walk(graph, {"x": x})
    assert type(steps) is (SampleWalk if mixes else Walk)
    for position, name in enumerate(names):
        np.testing.assert_allclose(steps.step(graph, position)[0], whole[name], rtol=1e-6)


def test_calibration_runs_every_node_once_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    reference = OPS["relu"].reference_f32

    def counted(*args: object) -> object:
        nonlocal calls
        calls += 1
        return reference(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(OPS["relu"], "reference_f32", counted)
    x = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    graph = _network(True)
    quantize(graph, x)
    assert calls <= 2 * len(x)  # once to calibrate, once beside the int8 graph
