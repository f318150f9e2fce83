import gc

import pytest

from edgeml.errors import DataError, UsageError
from edgeml.targets.latency import measure


def test_warmup_is_not_counted_and_samples_are_taken_in_turn() -> None:
    seen: list[int] = []
    latency = measure(seen.append, samples=3, runs=4, warmup=2)
    assert seen == [0, 1, 0, 1, 2, 0]
    assert latency.runs == 4
    assert latency.unit == "us"
    assert 0 < latency.median <= latency.p95


def test_the_95th_percentile_sees_a_slow_call_in_ten() -> None:
    def sometimes_slow(sample: int) -> None:
        sum(range(200_000 if sample == 0 else 10))

    latency = measure(sometimes_slow, samples=10, runs=50, warmup=0)
    assert latency.p95 > 20 * latency.median


def test_the_garbage_collector_is_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        measure(lambda i: 1 // i, samples=1, runs=1, warmup=0)
    assert gc.isenabled()


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(UsageError, match="runs must be at least 1"):
        measure(lambda i: None, samples=1, runs=0, warmup=0)
    with pytest.raises(DataError, match="at least one sample"):
        measure(lambda i: None, samples=0, runs=1, warmup=0)
