"""Runs the float graph on calibration data and observes every activation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.errors import QuantizationError
from edgeml.ir import Array, DType, Graph, Tensor
from edgeml.quantize.observers import Histogram
from edgeml.quantize.walk import CHUNK, walk

BATCH = 64
Samples = Mapping[str, Array]


def check_calibration(graph: Graph, x: Array | Samples) -> Samples:
    """Samples (N, …) for each graph input, in its own element type; QuantizationError names what is wrong.

    A plain array is for a graph with one input. Integer inputs (indices) stay integers.
    """
    given = x if isinstance(x, Mapping) else {graph.inputs[0]: x}
    if set(given) != set(graph.inputs):
        raise QuantizationError(
            f"graph '{graph.name}' has the inputs {', '.join(graph.inputs)}; calibration needs samples of each. Got "
            f"{', '.join(sorted(given))}."
        )
    samples = {t.name: _checked(t, np.asarray(given[t.name])) for t in graph.input_tensors}
    counts = {len(v) for v in samples.values()}
    if len(counts) > 1:
        raise QuantizationError(f"calibration data must have as many samples for each input. Got {sorted(counts)}.")
    return samples


def _checked(tensor: Tensor, x: Array) -> Array:
    if tensor.dtype is DType.INT8 or tensor.type.has_codes:
        raise QuantizationError(
            f"only float32 graphs are quantised; input '{tensor.name}' is {tensor.dtype.value}. Load the float model."
        )
    if x.dtype.kind not in "fiu":
        raise QuantizationError(f"calibration data must be numbers. Got {x.dtype}. Give float32 samples.")
    if len(x) == 0:
        raise QuantizationError("the calibration data set is empty. Give at least one sample.")
    if x.shape[1:] == (*tensor.shape[1:], 1):
        # data sets give (N, H, W) a channel; a sequence of vectors has none
        x = x.reshape(x.shape[:-1])
    if x.shape[1:] != tensor.shape[1:]:
        raise QuantizationError(
            f"calibration data has samples of shape {x.shape[1:]}, input '{tensor.name}' needs {tensor.shape[1:]}. "
            "Reshape or resize the data."
        )
    x = x.astype(tensor.dtype.numpy)
    bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
    if len(bad):
        raise QuantizationError(
            f"calibration data holds NaN or infinity in {len(bad)} of {len(x)} samples, first in sample {bad[0]}. "
            "Remove or repair these samples."
        )
    return x


def activations(graph: Graph) -> tuple[str, ...]:
    """The real-valued activations: graph inputs, states and node outputs, in order."""
    names = (*graph.given, *(name for node in graph.nodes for name in node.outputs))
    return tuple(n for n in names if graph.tensor(n).dtype is DType.FLOAT32)


def calibrate(graph: Graph, samples: Samples, *, counts: bool = True) -> dict[str, Histogram]:
    """Histogram of every activation over `samples`; without `counts` only its extremes.

    Graphs with states see all samples as one stream.
    """
    found = {name: Histogram(name, counts) for name in activations(graph)}
    total = len(next(iter(samples.values())))
    largest = max(t.type.elements for t in graph.tensors.values() if not t.is_constant)
    size = total if graph.states else int(np.clip(CHUNK // largest, 1, BATCH))
    for start in range(0, total, size):
        part = {name: x[start : start + size] for name, x in samples.items()}
        for name, x in part.items():
            if name in found:
                found[name].observe(x)
        steps = walk(graph, part)
        for position, node in enumerate(graph.nodes):
            for name, value in zip(node.outputs, steps.step(graph, position), strict=True):
                if name in found:
                    found[name].observe(value)
    for state in graph.states:
        # what one run leaves is what the next one reads
        if state.input in found and state.output in found:
            found[state.input] = found[state.output]
            first = graph.tensor(state.initial).data if state.initial else None
            if first is not None:
                found[state.input].observe(first)
    return found
