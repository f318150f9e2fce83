"""The linear head: it learns, decay and length are chosen by validation, and rare classes count the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.training import head as head_module
from edgeml.training.head import HeadPlan, fit_head, refit_head

RNG = np.random.default_rng(0)


def samples(count: int, share: float = 0.5, offset: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Two clusters in 6 features, far from zero and of different scales."""
    y = (np.arange(count) >= share * count).astype(np.int64)
    x = RNG.standard_normal((count, 6)) + y[:, None] * 1.2
    return (x * np.array([1, 10, 0.1, 1, 1, 1]) + offset).astype(np.float32), y


def right(head, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.argmax(x @ head.weights.T + head.bias, axis=1) == y


def test_a_head_tells_clusters_apart_whatever_their_scale_and_place() -> None:
    head = fit_head(HeadPlan(200, 0.05, 0, (0.01,)), samples(400), samples(100), 2)
    assert right(head, *samples(1000)).mean() > 0.88
    assert head.weights.dtype == np.float32 and head.weights.shape == (2, 6)


def test_the_decay_with_the_lower_validation_loss_is_chosen() -> None:
    train = samples(30)
    noisy = np.concatenate([train[0], 1e-3 * RNG.standard_normal((30, 40)).astype(np.float32)], axis=1), train[1]
    x, y = samples(200)
    judge = np.concatenate([x, 1e-3 * RNG.standard_normal((200, 40)).astype(np.float32)], axis=1), y
    losses = {d: fit_head(HeadPlan(300, 0.05, 0, (d,)), noisy, judge, 2).loss for d in (0.0, 0.3)}
    assert losses[0.0] != losses[0.3]
    for decays in ((0.0, 0.3), (0.3, 0.0)):
        both = fit_head(HeadPlan(300, 0.05, 0, decays), noisy, judge, 2)
        assert both.loss == min(losses.values()) and both.decay == min(losses, key=lambda d: losses[d])


def test_patience_ends_the_fit_early(monkeypatch: pytest.MonkeyPatch) -> None:
    train, judge = samples(24), samples(100)
    taken: list[int] = []
    rate = head_module.cosine_rate
    monkeypatch.setattr(head_module, "cosine_rate", lambda *args: taken.append(args[1]) or rate(*args))
    long = fit_head(HeadPlan(400, 0.2, 0, (0.0,)), train, judge, 2)
    assert len(taken) == 400 and long.steps < 400
    taken.clear()
    short = fit_head(HeadPlan(400, 0.2, 5, (0.0,)), train, judge, 2)
    assert len(taken) == short.steps + 5 and short.steps <= long.steps


def test_a_rare_class_counts_the_same() -> None:
    train, judge = samples(300, 0.95), samples(100, 0.95)
    test = samples(1000)
    rare = test[1] == 1
    plain, balanced = (fit_head(HeadPlan(200, 0.05, 0, (0.03,), w), train, judge, 2) for w in (False, True))
    assert right(balanced, *test)[rare].mean() > right(plain, *test)[rare].mean() + 0.1


def test_a_head_learns_from_the_samples_that_judge_only_when_it_is_fitted_again() -> None:
    plan, train, judge = HeadPlan(1, 0.05, 0, (0.03,)), samples(60), samples(60, offset=10.0)
    head = fit_head(plan, train, judge, 2)
    # the first step is the best of one, whoever judges
    np.testing.assert_array_equal(head.weights, fit_head(plan, train, train, 2).weights)
    again = refit_head(plan, head, train, judge, 2)
    assert not np.array_equal(head.weights, again.weights)
    assert (again.decay, again.steps, again.loss) == (head.decay, head.steps, head.loss)
