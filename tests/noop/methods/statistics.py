"""Statistics beside every accuracy."""

from __future__ import annotations

import numpy as np

from tests.noop.method import Method, guards

_STATISTICS = "bench/test_statistics"
_TASKS = "bench/test_tasks"
_FORMAT = "report/test_format"
_IN_STATISTICS = "edgeml.bench.statistics"

STATISTICS = (
    Method(
        "McNemar's test",
        f"{_IN_STATISTICS}:mcnemar_p",
        lambda a, b, truth: 1.0,
        guards(_STATISTICS, "mcnemar_is_the_exact_binomial_tail"),
    ),
    Method(
        "interval of a share",
        f"{_IN_STATISTICS}:wilson_interval",
        lambda correct, n: (correct / n, correct / n),
        guards(_STATISTICS, "wilson_interval_equals_published_values"),
    ),
    Method(
        "interval of a difference",
        f"{_IN_STATISTICS}:paired_interval",
        lambda a, b, truth: (float(np.mean(b == truth) - np.mean(a == truth)),) * 2,
        guards(_STATISTICS, "the_interval_of_a_difference_equals_the_published_formula"),
    ),
    Method(
        "flips",
        f"{_IN_STATISTICS}:flips",
        lambda a, b: 0,
        guards(_STATISTICS, "flips_counts_changed_predictions_right_or_wrong"),
    ),
    Method(
        "area under the curve",
        "edgeml.bench.tasks:auc",
        lambda scores, truth: 0.5,
        guards(_TASKS, "the_area_under_the_curve_is_scikit_learn_s"),
    ),
    Method(
        "errors of values",
        "edgeml.bench.tasks:_with_errors",
        lambda found, got, truth: found,
        guards(_TASKS, "values_are_measured_by_their_errors"),
    ),
    Method(
        "intervals by resampling",
        "edgeml.bench.tasks:_interval",
        lambda values: (values[0], values[0]),
        guards(_TASKS, "anomalies_are_what_the_model_gives_back_badly"),
    ),
    Method(
        "what chance explains is not called a loss",
        "edgeml.report.format:_SIGNIFICANT",
        lambda share: 2.0,
        guards(_FORMAT, "a_loss_is_called_one_when_chance_does_not_explain_it"),
        value=True,
    ),
    Method(
        "what chance does not explain is called a loss",
        "edgeml.report.format:_SIGNIFICANT",
        lambda share: 0.0,
        guards(_FORMAT, "a_loss_is_called_one_when_chance_does_not_explain_it"),
        value=True,
    ),
)
