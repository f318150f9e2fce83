"""Numbers as people read them."""

import pytest

from edgeml.report.format import DASH, micros, millis


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5 µs"),
        (999.4, "999 µs"),
        (999.6, "1 ms"),
        (57_800, "57.8 ms"),
        (999_400, "999 ms"),
        (999_600, "1 s"),
        (30_400_000, "30.4 s"),
        (4e9, "4,000 s"),
    ],
)
def test_a_time_has_three_digits_and_the_unit_that_reads_best(value, text):
    assert micros(value) == text
    assert millis(value / 1000) == text


def test_no_time_is_a_dash():
    assert micros(None) == millis(None) == DASH
