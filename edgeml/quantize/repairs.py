"""What a repair did: every repair is judged on calibration samples that it did not see, and undone where it failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import overload

import numpy as np

from edgeml.interpreter import run_samples
from edgeml.ir import Array, Graph
from edgeml.quantize.calibrate import Samples
from edgeml.quantize.codes import dequantize_output, quantize_input

# every n-th sample is held out: data sets come sorted by class, so neither end stands for the whole
_EVERY = 4


@dataclass(frozen=True)
class Repair:
    """A repair of one layer: `before` and `after` are squared errors of its output on the held-out samples.

    `changed` of `channels` output channels keep the repair. None means that it was undone: `after` is what it would
    have been.
    """

    layer: str
    method: str
    before: float
    after: float
    changed: int
    channels: int

    @property
    def kept(self) -> bool:
        return self.changed > 0


@overload
def helps(before: float, after: float) -> bool: ...
@overload
def helps(before: Array, after: Array) -> Array: ...
def helps(before: float | Array, after: float | Array) -> bool | Array:
    """Whether a repair stays: an error on held-out samples falls by it; of arrays (channels,) each for itself."""
    return after < before


def held_out(count: int) -> Array:
    """Which of `count` samples only judge, bool (count,); fewer than four samples all correct and all judge."""
    return np.asarray(np.arange(count) % _EVERY == _EVERY - 1)


def judging(samples: Samples) -> Samples:
    """The samples that only judge."""
    held = held_out(len(next(iter(samples.values()))))
    return {name: x[held] if held.any() else x for name, x in samples.items()}


def spread(samples: Samples, count: int, *, stream: bool) -> Samples:
    """`count` samples from everywhere in the data set; of a stream the first, which belong together."""
    total = len(next(iter(samples.values())))
    if count >= total:
        return samples
    chosen = np.arange(count) if stream else np.arange(count) * total // count
    return {name: x[chosen] for name, x in samples.items()}


def output_error(float_graph: Graph, graph: Graph, samples: Samples) -> float:
    """Squared error of all outputs of the int8 `graph`, each as a part of its signal, on float32 `samples` (N, …)."""
    exact = run_samples(float_graph, samples)
    got = run_samples(graph, {name: quantize_input(v, graph.tensor(name).type) for name, v in samples.items()})
    total = 0.0
    for name in graph.outputs:
        real = dequantize_output(got[name], graph.tensor(name).type)
        signal = float(np.square(exact[name], dtype=np.float64).sum())
        total += float(np.square(real - exact[name], dtype=np.float64).sum()) / max(signal, 1e-30)
    return total


def kept_layers(repairs: Iterable[Repair], method: str) -> frozenset[str]:
    """Names of the layers that keep the repair `method`."""
    return frozenset(r.layer for r in repairs if r.method == method and r.kept)
