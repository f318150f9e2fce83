import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.bench.statistics import agreement, flips, mcnemar_p, paired_interval, paired_points, wilson_interval
from edgeml.errors import DataError


def test_wilson_interval_equals_published_values():
    # Newcombe 1998, Statistics in Medicine 17, table I: 81/263, 15/148, 0/20, 1/29
    for r, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        got = wilson_interval(r, n)
        assert got == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 20000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_estimate_and_stays_inside_the_unit_interval(pair):
    correct, n = pair
    low, high = wilson_interval(correct, n)
    assert 0 <= low <= correct / n <= high <= 1


def test_wilson_interval_of_nothing_is_an_error():
    with pytest.raises(DataError, match="n > 0"):
        wilson_interval(0, 0)


def _pair(only_a, only_b, both):
    truth = np.zeros(only_a + only_b + both, int)
    a = np.array([0] * only_a + [1] * only_b + [0] * both)
    b = np.array([1] * only_a + [0] * only_b + [0] * both)
    return a, b, truth


@pytest.mark.parametrize(
    ("only_a", "only_b", "expected"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (0, 6, 0.03125), (8, 2, 0.109375), (5, 5, 1.0)],
)
def test_mcnemar_is_the_exact_binomial_tail(only_a, only_b, expected):
    a, b, truth = _pair(only_a, only_b, 7)
    assert mcnemar_p(a, b, truth) == pytest.approx(expected)


def test_mcnemar_stays_exact_for_thousands_of_discordant_samples():
    a, b, truth = _pair(2600, 2400, 0)
    p = mcnemar_p(a, b, truth)
    # normal approximation with continuity correction
    z = (200 - 1) / math.sqrt(5000)
    assert p == pytest.approx(math.erfc(z / math.sqrt(2)), rel=2e-2)


def test_flips_counts_changed_predictions_right_or_wrong():
    assert flips(np.array([1, 2, 3]), np.array([1, 3, 2])) == 2


def test_agreement_counts_elements_and_the_largest_difference():
    a = np.array([[-128, 5], [127, 0]], np.int8)
    b = np.array([[127, 5], [127, 1]], np.int8)
    got = agreement("host", a, b)
    assert (got.samples, got.mismatched_outputs, got.max_abs_diff) == (2, 2, 255)


def test_agreement_treats_nan_as_equal_to_nan_only():
    a = np.array([[np.nan, 1.0]], np.float32)
    assert agreement("host", a, a.copy()).mismatched_outputs == 0
    assert agreement("host", a, np.zeros_like(a)).mismatched_outputs == 2


def test_agreement_of_different_shapes_is_an_error():
    with pytest.raises(DataError, match="cannot be compared"):
        agreement("host", np.zeros((2, 3)), np.zeros((2, 4)))


def test_the_interval_of_a_difference_holds_it_and_shrinks_with_samples():
    a, b, truth = _pair(12, 4, 384)
    low, high = paired_interval(a, b, truth)
    assert low < -8 / 400 < high
    assert paired_interval(np.tile(a, 9), np.tile(b, 9), np.tile(truth, 9))[1] < high


def test_the_interval_of_a_difference_equals_the_published_formula():
    # b = 12 lost, c = 4 gained of 400: cells of 12.5 and 4.5, n = 402
    low, high = paired_interval(*_pair(12, 4, 384))
    half = 1.959964 * math.sqrt(17 - 64 / 402) / 402
    assert (low, high) == pytest.approx((-8 / 402 - half, -8 / 402 + half), abs=1e-8)


def test_the_interval_of_equal_predictions_is_not_empty():
    low, high = paired_interval(*_pair(0, 0, 50))
    assert low == -high < 0


def test_the_error_of_a_difference_is_that_of_paired_samples():
    before = np.array([True] * 90 + [False] * 10)
    after = before.copy()
    after[:4], after[90] = False, True
    points, error = paired_points(before, after)
    assert points == pytest.approx(-3.0)
    # 100 samples of -1, 0 and 1: their standard deviation over the root of n
    change = after.astype(float) - before
    assert error == pytest.approx(100 * change.std(ddof=1) / np.sqrt(100))
    assert paired_points(before, before) == (0.0, 0.0)
