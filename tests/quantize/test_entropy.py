"""The entropy observer clips rare outliers, and nothing where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.quantize import Recipe
from edgeml.quantize.observers import Histogram, value_range


def _range(x: np.ndarray) -> tuple[float, float]:
    histogram = Histogram()
    histogram.observe(x.astype(np.float32))
    return value_range(histogram, Recipe("entropy"))


def test_rare_outliers_are_clipped() -> None:
    x = np.append(np.random.default_rng(0).normal(size=50_000), [60.0, -55.0])
    low, high = _range(x)
    assert -20 < low < -3 and 3 < high < 20


def test_an_even_distribution_keeps_its_range() -> None:
    low, high = _range(np.random.default_rng(0).uniform(-1, 2, 100_000))
    assert low == pytest.approx(-1, abs=0.05) and high == pytest.approx(2, abs=0.1)


def test_the_zeros_of_a_relu_do_not_change_the_range() -> None:
    x = np.abs(np.random.default_rng(0).normal(size=50_000))
    with_zeros = _range(np.concatenate([x, np.zeros(500_000)]))
    assert with_zeros[1] == pytest.approx(_range(x)[1], rel=0.15)
    assert with_zeros[1] > 2.5


def test_constant_values_keep_their_range() -> None:
    assert _range(np.full(100, 3.0)) == (0.0, 3.0)
