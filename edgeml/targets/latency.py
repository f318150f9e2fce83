"""The one timing loop of all targets: warm-up, then one clock reading around each call."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import numpy as np

from edgeml.errors import DataError, UsageError
from edgeml.targets.base import Latency


def measure(call: Callable[[int], object], samples: int, runs: int, warmup: int) -> Latency:
    """Time `call(i)` for `runs` calls after `warmup` untimed ones; `i` cycles through `samples`.

    Microseconds; the 95th percentile is the smallest time that at least 95 % of the calls did not exceed. The
    garbage collector rests meanwhile: its pauses belong to Python, not to the model.
    """
    if samples < 1:
        raise DataError("latency: needs at least one sample. Got an empty array.")
    if runs < 1 or warmup < 0:
        raise UsageError(f"latency: runs must be at least 1 and warmup at least 0. Got {runs} and {warmup}.")
    for i in range(warmup):
        call(i % samples)
    times = np.empty(runs, np.int64)
    clock = time.perf_counter_ns
    enabled = gc.isenabled()
    gc.disable()
    try:
        for i in range(runs):
            sample = i % samples
            start = clock()
            call(sample)
            times[i] = clock() - start
    finally:
        if enabled:
            gc.enable()
    micros = times / 1000.0
    return Latency("us", float(np.median(micros)), float(np.percentile(micros, 95, method="inverted_cdf")), runs)
