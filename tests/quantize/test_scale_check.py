"""A classifier that was trained on other pixels than it is given."""

import numpy as np
import pytest

from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize.scale_check import better_scale


def bright_or_dark(limit: float) -> Graph:
    """Class 1 where the mean of four values is above `limit`."""
    b = GraphBuilder("bright", OPS)
    w = b.constant("w", np.float32([[0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]]))
    y = b.add("fully_connected", [b.input("x", (1, 4)), w, b.constant("b", np.float32([limit, 0]))],
              FullyConnectedAttrs(), name="y")  # fmt: skip
    return b.build([y])


def samples(scale: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((80, 4), np.float32)
    return x * np.float32(scale), (x.mean(axis=1) > 0.5).astype(np.int64)


@pytest.mark.parametrize(("limit", "given", "factor"), [(127.5, 1, 255.0), (0.5, 255, 1 / 255.0)])
def test_the_range_that_the_model_was_trained_on_is_found(limit, given, factor):
    found = better_scale(bright_or_dark(limit), *samples(given))
    assert found is not None
    assert found[0] == factor
    assert found[1] < 0.7 and found[2] > 0.98


def test_nothing_is_said_where_the_range_is_right():
    assert better_scale(bright_or_dark(0.5), *samples(1)) is None


def test_labels_that_are_no_classes_of_the_model_are_left_alone():
    x, y = samples(1)
    assert better_scale(bright_or_dark(127.5), x, y + 5) is None
