"""Runs a graph with the operators' own references: for calibration, for tests, as the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from edgeml.errors import DataError
from edgeml.ir import Array, Graph
from edgeml.ops import OPS


def run(graph: Graph, inputs: Mapping[str, Array], keep: Iterable[str] = ()) -> dict[str, Array]:
    """Run `graph` on arrays of shape (N, …) for each graph input.

    Returns the graph's outputs and every tensor named in `keep`. When some operator mixes dimension 0, the
    samples run one by one; the result is the same. Raises DataError on a wrong name, shape or type.
    """
    _check_inputs(graph, inputs)
    count = len(next(iter(inputs.values())))
    wanted = {*graph.outputs, *keep}
    if count == 1 or all(OPS[b.node.op].batchable(b) for b in graph.bound()):
        return _run_once(graph, inputs, wanted)
    parts = [_run_once(graph, {k: v[i : i + 1] for k, v in inputs.items()}, wanted) for i in range(count)]
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def run_single(graph: Graph, x: Array, batch: int = 256) -> Array:
    """Run a graph with one input and one output over all samples of `x`, `batch` at a time."""
    name, out = graph.inputs[0], graph.outputs[0]
    return np.concatenate([run(graph, {name: x[i : i + batch]})[out] for i in range(0, len(x), batch)])


def _run_once(graph: Graph, inputs: Mapping[str, Array], wanted: set[str]) -> dict[str, Array]:
    values: dict[str, Array] = dict(inputs)
    values.update({t.name: t.data for t in graph.constants if t.data is not None})
    last_use = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    for i, bound in enumerate(graph.bound()):
        args = tuple(values[n] if n else None for n in bound.node.inputs)
        values.update(zip(bound.node.outputs, OPS[bound.node.op].reference(bound, *args), strict=True))
        for name in bound.node.inputs:
            if last_use.get(name) == i and name not in wanted:
                values.pop(name, None)
    return {name: values[name] for name in wanted if name in values}


def _check_inputs(graph: Graph, inputs: Mapping[str, Array]) -> None:
    if set(inputs) != set(graph.inputs):
        raise DataError(
            f"graph '{graph.name}': inputs are {', '.join(graph.inputs)}. Got {', '.join(sorted(inputs)) or 'none'}."
        )
    for tensor in graph.input_tensors:
        got = inputs[tensor.name]
        if got.shape[1:] != tensor.shape[1:] or len(got) == 0:
            raise DataError(
                f"input '{tensor.name}': samples must have shape {tensor.shape[1:]}, at least one. Got an array "
                f"of {got.shape}."
            )
        if got.dtype != tensor.dtype.numpy:
            raise DataError(f"input '{tensor.name}': must be {tensor.dtype.value}. Got {got.dtype}.")
