"""Observers: what range of reals a tensor's int8 codes should cover."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edgeml.errors import QuantizationError
from edgeml.ir import Array, DType, Quantization
from edgeml.quantize.entropy import entropy_range
from edgeml.quantize.recipe import Recipe

BINS = 2048
_MSE_STEPS = 80
# error that a smaller range may leave: to clip costs more on samples that were not seen
_GAIN = 0.99
_COUNTED = 2**14


@dataclass(eq=False)
class Histogram:
    """Counts of a tensor's values over many batches; the range doubles when a value falls outside.

    Of large tensors some values of each sample are counted, evenly spread; the extremes are those of all.

    Doubling merges pairs of bins exactly, so the result does not depend on how samples are batched
    (given the first batch). Without `counting` only the extremes are kept. `tensor` is the name for errors.
    """

    tensor: str = ""
    counting: bool = True
    low: float = np.inf
    high: float = -np.inf
    bound: float = 0.0
    counts: Array = field(default_factory=lambda: np.zeros(2 * BINS, np.int64))
    # ranges that were chosen since the last values came: they are asked for several times
    ranges: dict[tuple[str, float], tuple[float, float]] = field(default_factory=dict)

    def observe(self, x: Array) -> None:
        """Add the values of `x` (any shape, float32). Raises QuantizationError on NaN and infinity."""
        self.ranges.clear()
        low, high = float(x.min()), float(x.max())
        if not np.isfinite(low + high):
            raise QuantizationError(
                f"tensor '{self.tensor}' holds NaN or infinity for calibration samples: no range of codes covers them. "
                "Look for weights that are no numbers, and for a division by zero or an overflow in the float model."
            )
        self.low, self.high = min(self.low, low), max(self.high, high)
        if not self.counting:
            return
        peak = max(-low, high)
        if self.bound == 0.0:
            self.bound = peak
        while self.bound and self.bound < peak:
            self._double()
        if self.bound:
            self.counts += np.histogram(_some(x), 2 * BINS, (-self.bound, self.bound))[0]

    def _double(self) -> None:
        merged = self.counts.reshape(-1, 2).sum(axis=1)
        self.counts = np.zeros_like(self.counts)
        self.counts[BINS // 2 : BINS // 2 + BINS] = merged
        self.bound *= 2

    @property
    def centers(self) -> Array:
        """Middle of each bin."""
        edges = np.linspace(-self.bound, self.bound, 2 * BINS + 1)
        return (edges[1:] + edges[:-1]) / 2


def _some(x: Array) -> Array:
    """The values of samples x (N, …) that are counted, at most `_COUNTED` of each."""
    rows = x.reshape(len(x), -1) if x.ndim else x.reshape(1, 1)
    step = -(-rows.shape[1] // _COUNTED)
    # a step that divides the channels would see some of them only
    while math.gcd(step, x.shape[-1] if x.ndim else 1) > 1:
        step += 1
    return rows[:, ::step]


def value_range(histogram: Histogram, recipe: Recipe) -> tuple[float, float]:
    """(low, high) by the recipe's observer; always holds zero."""
    key = (recipe.observer, recipe.percentile)
    if key not in histogram.ranges:
        histogram.ranges[key] = _chosen(histogram, recipe)
    return histogram.ranges[key]


def _chosen(histogram: Histogram, recipe: Recipe) -> tuple[float, float]:
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    if histogram.bound == 0.0 or recipe.observer == "minmax":
        return low, high
    if recipe.observer == "percentile":
        return _percentile(histogram, low, high, recipe)
    if recipe.observer == "entropy":
        return entropy_range(histogram.counts, histogram.bound, low, high)
    return _mse(histogram, low, high)


def quantization_for(low: float, high: float, kind: DType = DType.INT8) -> Quantization:
    """Asymmetric int8 quantisation whose codes -128..127 cover [low, high]; zero is exactly a code.

    int16 is symmetric: -32767..32767 cover the larger of both.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if kind is DType.INT16:
        peak = np.float32(max(-low, high) / 32767.0)
        return Quantization.per_tensor(float(peak) if peak > np.finfo(np.float32).tiny else 1.0 / 32767.0, 0)
    scale = np.float32((high - low) / 255.0)
    # a subnormal scale loses bits in the runtimes' reciprocals
    if not scale > np.finfo(np.float32).tiny:
        scale = np.float32(1.0 / 255.0)
    zero_point = int(np.clip(np.rint(-128.0 - low / float(scale)), -128, 127))
    return Quantization.per_tensor(float(scale), zero_point)


def _percentile(h: Histogram, low: float, high: float, recipe: Recipe) -> tuple[float, float]:
    cumulative = np.cumsum(h.counts) / h.counts.sum()
    tail = (1.0 - recipe.percentile / 100.0) / 2.0
    edges = np.linspace(-h.bound, h.bound, 2 * BINS + 1)
    first = int(np.searchsorted(cumulative, tail, side="right"))
    last = int(np.searchsorted(cumulative, 1.0 - tail, side="left"))
    return max(low, min(float(edges[first]), 0.0)), min(high, max(float(edges[min(last, 2 * BINS - 1) + 1]), 0.0))


def _mse(h: Histogram, low: float, high: float) -> tuple[float, float]:
    """The shrunken range with the least squared error over the histogram; the whole one where little is gained."""
    best, best_error, whole = (low, high), np.inf, np.inf
    used = h.counts > 0
    x, weight = h.centers[used], h.counts[used]
    for step in range(_MSE_STEPS):
        factor = 1.0 - 0.01 * step
        q = quantization_for(low * factor, high * factor)
        scale, zero = float(q.scale[0]), q.zero_point[0]
        codes = np.clip(np.rint(x / scale) + zero, -128, 127)
        error = float(np.sum(weight * (x - (codes - zero) * scale) ** 2))
        whole = error if step == 0 else whole
        if error < best_error:
            best, best_error = (low * factor, high * factor), error
    return best if best_error <= _GAIN * whole else (low, high)
