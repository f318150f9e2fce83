"""Runs the float graph on calibration data and observes every activation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from edgeml.errors import QuantizationError
from edgeml.interpreter import run_samples
from edgeml.ir import Array, DType, Graph
from edgeml.quantize.observers import Histogram

BATCH = 64


def check_calibration(graph: Graph, x: Array) -> Array:
    """`x` as float32 (N, …) that fits the graph's one input; QuantizationError names what is wrong."""
    if len(graph.inputs) != 1:
        raise QuantizationError(f"graph '{graph.name}' has {len(graph.inputs)} inputs; calibration needs one.")
    tensor = graph.input_tensors[0]
    if tensor.dtype is not DType.FLOAT32:
        raise QuantizationError(
            f"graph '{graph.name}': only float32 graphs are quantised; input '{tensor.name}' is {tensor.dtype.value}. "
            "Load the float model."
        )
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise QuantizationError(f"calibration data must be numbers. Got {x.dtype}. Give float32 samples.")
    if len(x) == 0:
        raise QuantizationError("the calibration data set is empty. Give at least one sample.")
    if x.shape[1:] != tensor.shape[1:]:
        raise QuantizationError(
            f"calibration data has samples of shape {x.shape[1:]}, input '{tensor.name}' needs {tensor.shape[1:]}. "
            "Reshape or resize the data."
        )
    x = x.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
    if len(bad):
        raise QuantizationError(
            f"calibration data holds NaN or infinity in {len(bad)} of {len(x)} samples, first in sample {bad[0]}. "
            "Remove or repair these samples."
        )
    return x


def activations(graph: Graph) -> tuple[str, ...]:
    """Graph inputs, states and all node outputs, in order."""
    return (*graph.given, *(name for node in graph.nodes for name in node.outputs))


def batches(graph: Graph, x: Array) -> Iterator[Mapping[str, Array]]:
    """Every activation of the float graph, a batch of samples at a time; with states, all as one stream."""
    keep = activations(graph)
    size = len(x) if graph.states else BATCH
    for start in range(0, len(x), size):
        part = x[start : start + size]
        yield {graph.inputs[0]: part, **run_samples(graph, {graph.inputs[0]: part}, keep)}


def calibrate(graph: Graph, x: Array) -> dict[str, Histogram]:
    """Histogram of every activation over `x` (N, …), float32."""
    found = {name: Histogram() for name in activations(graph)}
    for values in batches(graph, x):
        for name, histogram in found.items():
            histogram.observe(values[name])
    return found
