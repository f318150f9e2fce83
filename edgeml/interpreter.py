"""Runs a graph with the operators' own references: for calibration, for tests, as the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from edgeml.errors import DataError
from edgeml.ir import Array, Graph, State
from edgeml.ops import OPS


def run(graph: Graph, inputs: Mapping[str, Array], keep: Iterable[str] = ()) -> dict[str, Array]:
    """Run `graph` on arrays of shape (N, …) for each graph input.

    Returns the graph's outputs and every tensor named in `keep`. Arrays of the inputs' own shapes are one run, also
    where dimension 0 is not 1. Every sample starts from the graph's initial state, so their order does not matter.
    When some operator mixes dimension 0, the samples run one by one; the result is the same. Raises DataError on a
    wrong name, shape or type.
    """
    _check_inputs(graph, inputs)
    wanted = {*graph.outputs, *keep}
    first = initial_state(graph)
    if all(inputs[t.name].shape == t.shape for t in graph.input_tensors):
        return _run_once(graph, inputs, first, wanted)
    count = len(next(iter(inputs.values())))
    if all(OPS[b.node.op].batchable(b) for b in graph.bound()):
        return _run_once(graph, inputs, {k: _repeated(v, count) for k, v in first.items()}, wanted)
    parts = [_run_once(graph, {k: v[i : i + 1] for k, v in inputs.items()}, first, wanted) for i in range(count)]
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def run_stream(graph: Graph, inputs: Mapping[str, Array], keep: Iterable[str] = ()) -> dict[str, Array]:
    """The same for samples in the order of time: each starts from the state that the one before it left."""
    _check_inputs(graph, inputs)
    state = initial_state(graph)
    wanted = {*graph.outputs, *keep}
    rows = []
    for i in range(len(next(iter(inputs.values())))):
        values = _run_once(graph, {k: v[i : i + 1] for k, v in inputs.items()}, state, {*wanted, *graph.kept})
        state = {s.input: values[s.output] for s in graph.states}
        rows.append(values)
    return {name: np.concatenate([r[name] for r in rows]) for name in wanted if name in rows[0]}


def evaluate(graph: Graph, inputs: Mapping[str, Array], keep: Iterable[str] = ()) -> dict[str, Array]:
    """One run from the initial state with whole arrays, for graphs whose first dimension is no batch."""
    for tensor in graph.input_tensors:
        got = inputs.get(tensor.name)
        if got is None or got.shape != tensor.shape or got.dtype != tensor.dtype.numpy:
            raise DataError(f"input '{tensor.name}': must be {tensor.dtype.value} {tensor.shape}.")
    return _run_once(graph, inputs, initial_state(graph), {*graph.outputs, *keep})


def run_samples(graph: Graph, inputs: Mapping[str, Array], keep: Iterable[str] = ()) -> dict[str, Array]:
    """What a data set means to the graph: frames of one stream to a graph with states, else independent samples."""
    return run_stream(graph, inputs, keep) if graph.states else run(graph, inputs, keep)


def run_single(graph: Graph, x: Array, batch: int = 256) -> Array:
    """Run a graph with one input and one output over all samples of `x`, `batch` at a time."""
    name, out = graph.inputs[0], graph.outputs[0]
    return np.concatenate([run(graph, {name: x[i : i + batch]})[out] for i in range(0, len(x), batch)])


def initial_state(graph: Graph) -> dict[str, Array]:
    """Value of each state before the first run, by the name that reads it."""
    return {s.input: initial_value(graph, s) for s in graph.states}


def initial_value(graph: Graph, state: State) -> Array:
    """The state's initial constant, or real zero: of a quantised tensor its zero point."""
    if state.initial:
        data = graph.tensor(state.initial).data
        assert data is not None
        return data
    tensor = graph.tensor(state.input)
    zero = tensor.type.zero_point if tensor.quantization is not None else 0
    return np.full(tensor.shape, zero, tensor.dtype.numpy)


def _repeated(value: Array, count: int) -> Array:
    """A state for each sample of a batch; only operators of batch 1 read it then."""
    return np.repeat(value, count, axis=0) if count > 1 and value.ndim else value


def _run_once(
    graph: Graph, inputs: Mapping[str, Array], state: Mapping[str, Array], wanted: set[str]
) -> dict[str, Array]:
    values: dict[str, Array] = {**inputs, **state}
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
        if got.shape != tensor.shape and (not got.shape or got.shape[1:] != tensor.shape[1:] or len(got) == 0):
            raise DataError(
                f"input '{tensor.name}': samples must have shape {tensor.shape[1:]}, at least one. Got an array "
                f"of {got.shape}."
            )
        if got.dtype != tensor.dtype.numpy:
            raise DataError(f"input '{tensor.name}': must be {tensor.dtype.value}. Got {got.dtype}.")
