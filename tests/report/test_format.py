"""Numbers as people read them."""

import pytest

from edgeml.bench.record import Accuracy
from edgeml.report.format import DASH, accuracy_line, micros, millis, verdict


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


def _paired(delta, p, flips=9, interval=None):
    return Accuracy("top1", 0.9, 400, (0.87, 0.93), 0.9 - delta, delta, flips, p, interval)


@pytest.mark.parametrize(
    ("accuracy", "text"),
    [
        (_paired(-0.1, 1e-6), "worse than float32 (McNemar p < 0.001, n = 400)"),
        (_paired(0.02, 0.01), "better than float32 (McNemar p 0.01, n = 400)"),
        (_paired(-0.005, 0.38, interval=(-0.019, 0.009)),
         "not shown to be worse than float32 (McNemar p 0.38, n = 400; a loss of 1.9 points is not excluded)"),
        (_paired(0.0, 1.0, flips=0), "the same predictions as float32 (n = 400)"),
        (Accuracy("top1", 0.9, 400, (0.87, 0.93)), DASH),
        (None, DASH),
    ],
)  # fmt: skip
def test_a_loss_is_called_one_when_chance_does_not_explain_it(accuracy, text):
    assert verdict(accuracy) == text


@pytest.mark.parametrize(
    ("accuracy", "text"),
    [
        (Accuracy("top1", 0.9, 400, (0.87, 0.93)), "it: 90.00 % (95 % interval 87.00 – 93.00, n = 400)"),
        (_paired(-0.005, 0.38, interval=(-0.019, 0.009)),
         "it: 90.00 % (95 % interval 87.00 – 93.00, n = 400), dense 90.50 %, change −0.50 points, 9 of 400 predictions "
         "flip: not shown to be worse than dense (McNemar p 0.38, n = 400; a loss of 1.9 points is not excluded)"),
        (Accuracy("rmse", 0.25, 50, (0.2, 0.3), 0.2, 0.05, delta_ci95=(0.01, 0.09), mae=0.125, r2=0.75),
         "it: RMSE 0.25 (95 % interval 0.2 – 0.3, n = 50, MAE 0.125, R² 0.7500), dense 0.2, change +0.05: worse than "
         "dense (95 % interval of the difference +0.01 to +0.09, n = 50)"),
        (Accuracy("auc", 0.8, 50, (0.7, 0.9), 0.82, -0.02, delta_ci95=(-0.05, 0.01)),
         "it: AUC 0.8 (95 % interval 0.7 – 0.9, n = 50), dense 0.82, change −0.02: not shown to be worse than dense "
         "(95 % interval of the difference −0.05 to +0.01, n = 50)"),
    ],
)  # fmt: skip
def test_a_line_says_how_good_a_model_is_and_how_sure_that_is(accuracy, text):
    assert accuracy_line("it", accuracy, "dense") == text
