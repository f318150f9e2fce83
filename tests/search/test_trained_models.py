"""The search finds int4/int8 mixes that are smaller than int8 and keep the accuracy, with the compiler's own prices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.data import load_dataset
from edgeml.frontends import load
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.search import Budgeted, Limits, quantize_to_budget
from edgeml.search.cost import Pricing, Yardstick, pricing
from edgeml.search.judge import Judge
from edgeml.search.limits import lost
from tests.explain.heads import with_linear_head


def _prices() -> Pricing:
    # constants and arena alone: no build
    return replace(pricing("cortex-m4"), yardstick=Yardstick())


def _backbone() -> Graph:
    """Two convolutions with random filters, and pools: what a fitted last layer needs for digits."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("digits", OPS)

    def conv(x: str, name: str, *shape: int) -> str:
        w = b.constant(f"{name}/w", (rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32))
        attrs = Conv2DAttrs(padding=(1, 1, 1, 1), activation=Activation.RELU)
        return b.add("max_pool_2d", [b.add("conv_2d", [x, w, ""], attrs, name=name)], PoolAttrs((2, 2), (2, 2)))

    y = conv(conv(b.input("x", (1, 28, 28, 1)), "conv1", 16, 3, 3, 1), "conv2", 32, 3, 3, 16)
    return b.build([b.add("reshape", [y], ReshapeAttrs((1, 7 * 7 * 32)), name="flatten")])


def _found(graph: Graph, x: Array, held: tuple[Array, Array], limits: Limits) -> Budgeted:
    return quantize_to_budget(graph, x, *held, limits, "cortex-m4", prices=_prices(), cheapest="bytes")


def test_digits_take_half_the_flash() -> None:
    data = load_dataset("mnist", quiet=True)
    x, y = data.x_train[:3000], data.y_train[:3000]
    graph = with_linear_head(_backbone(), x[:1000], y[:1000], data.labels, ridge=1000.0)
    found = _found(graph, x[1000:1256], (x[2400:], y[2400:]), Limits(1.0))
    int8 = found.trials[0]
    assert found.fits and int8.accuracy.float_value is not None and int8.accuracy.float_value > 0.8
    assert found.chosen.bits and found.chosen.cost.flash < 0.7 * int8.cost.flash
    assert lost(found.chosen.accuracy) <= 1.0
    # on samples that the search has not seen the loss is of that size too
    judge = Judge.of(found.result.float_graph, data.x_test[:600], data.y_test[:600])
    assert lost(judge.accuracy(found.result.graph)) <= 2.0


@pytest.mark.needs_shared
def test_image_classification_takes_half_the_flash(shared: Path) -> None:
    graph = load(shared / "models/mlperf_tiny/pretrainedResnet.tflite")
    train, test = np.load(shared / "data/cifar10_train500.npz"), np.load(shared / "data/cifar10_test2000.npz")
    x, y = test["x"].astype(np.float32), test["y"]
    found = _found(graph, train["x"][::8].astype(np.float32), (x[::8], y[::8]), Limits(1.0))
    int8 = found.trials[0]
    assert found.fits and found.chosen.bits and found.chosen.cost.flash < 0.75 * int8.cost.flash
    assert lost(found.chosen.accuracy) <= 1.0
