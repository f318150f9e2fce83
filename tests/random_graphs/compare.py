"""What must hold for one graph, and the counts of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from edgeml.interpreter import run
from edgeml.ir import Array, DType, Graph, format_graph, verify
from edgeml.ops import OPS, Unsupported
from tests.random_graphs.runners import LiteRT, OnnxRuntime, RefusedInput, Values, exposed, host_c

# float32: own elementary functions and other orders of summation, relative to the largest value of the operator
FLOAT_BOUND = 2e-5
RUNTIMES = (LiteRT(), OnnxRuntime())


@dataclass
class Totals:
    """`bounded` counts graphs in which a runtime differed, every operator within its documented bound."""

    graphs: int = 0
    nodes: int = 0
    values: int = 0
    refused: int = 0
    bounded: dict[str, int] = field(default_factory=dict)
    unspelled: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        bounded = ", ".join(f"{k} {v}" for k, v in sorted(self.bounded.items())) or "none"
        unspelled = ", ".join(f"{k} {v}" for k, v in sorted(self.unspelled.items())) or "none"
        return (
            f"{self.graphs} graphs, {self.nodes} nodes, {self.values} output values: reference = host C in all; "
            f"differs within the operators' bounds: {bounded}; not written to the format: {unspelled}; "
            f"refused by LiteRT for their values: {self.refused}"
        )


def check(graph: Graph, inputs: Mapping[str, Array], totals: Totals) -> None:
    """Raise AssertionError when any side differs beyond what the operators document."""
    verify(graph, OPS)
    want = run(graph, inputs, exposed(graph).outputs)
    text = format_graph(graph)
    _same_in_c(graph, inputs, want, text)
    totals.graphs += 1
    totals.nodes += len(graph.nodes)
    totals.values += sum(want[n].size for n in graph.outputs)
    for runtime in RUNTIMES:
        if not _spelled(graph, runtime.name):
            totals.unspelled[runtime.name] = totals.unspelled.get(runtime.name, 0) + 1
            continue
        try:
            equal = _equal(graph, runtime.outputs(graph, inputs), want)
        except RefusedInput:
            totals.refused += 1
            continue
        if not equal:
            _within_bounds(graph, runtime, inputs, text)
            key = f"{runtime.name} {'int8' if _only_integers(graph) else 'float32'}"
            totals.bounded[key] = totals.bounded.get(key, 0) + 1


def _same_in_c(graph: Graph, inputs: Mapping[str, Array], want: Values, text: str) -> None:
    got = host_c(graph, inputs)
    if all(got[n].dtype != np.float32 for n in graph.outputs) and _equal(graph, got, want):
        return
    if _only_integers(graph):
        bad = {n: int((got[n] != want[n]).sum()) for n in graph.outputs}
        raise AssertionError(f"host C differs from the reference {bad}\n{text}")
    values = {**inputs, **host_c(exposed(graph), inputs)}
    _judge(graph, values, "host C", "", text)


def _equal(graph: Graph, got: Values, want: Values) -> bool:
    for name in graph.outputs:
        assert got[name].shape == want[name].shape and got[name].dtype == want[name].dtype, name
    return all(np.array_equal(got[n], want[n], equal_nan=True) for n in graph.outputs)


def _only_integers(graph: Graph) -> bool:
    return all(t.dtype is not DType.FLOAT32 for t in graph.tensors.values())


def _spelled(graph: Graph, runtime: str) -> bool:
    if runtime == "LiteRT":
        return not any(isinstance(OPS[b.node.op].litert_spelling(b), Unsupported) for b in graph.bound())
    return not any(isinstance(OPS[n.op].onnx, Unsupported) for n in graph.nodes)


def _within_bounds(graph: Graph, runtime: LiteRT | OnnxRuntime, inputs: Mapping[str, Array], text: str) -> None:
    values = {**inputs, **runtime.all_values(graph, inputs)}
    which = "litert_bound" if runtime.name == "LiteRT" else "onnx_bound"
    _judge(graph, values, runtime.name, which, text)
    bounds = [getattr(OPS[n.op], which) for n in graph.nodes]
    assert not _only_integers(graph) or any(bounds), f"{runtime.name} differs though every operator is exact\n{text}"


def _judge(graph: Graph, values: Mapping[str, Array], who: str, which: str, text: str) -> None:
    """Every operator by itself, on the values that the other side fed to it."""
    for bound in graph.bound():
        args = tuple(None if t is None else values.get(t.name, t.data) for t in bound.inputs)
        for tensor, want in zip(bound.outputs, OPS[bound.node.op].reference(bound, *args), strict=True):
            got = values[tensor.name]
            if not all(np.isfinite(a).all() for a in args if a is not None):
                continue  # what becomes of NaN and infinities is no part of the contract
            defined = np.isfinite(want)
            if which and bound.node.op == "cast":
                defined &= _defined_cast(args[0], want)
            difference = np.abs(got[defined].astype(np.float64) - want[defined].astype(np.float64))
            if want.dtype == np.float32:
                finite = np.abs(want[np.isfinite(want)])
                limit = FLOAT_BOUND * max(1.0, float(finite.max(initial=0)), _magnitude(args))
            else:
                limit = getattr(OPS[bound.node.op], which) if which else 0
            worst = float(difference.max(initial=0))
            assert worst <= limit, f"{who}: {bound.node.op} '{bound.name}' differs by {worst}, bound {limit}\n{text}"


def _defined_cast(x: Array | None, want: Array) -> Array:
    """Floats outside the range of an integer type: neither format says what becomes of them."""
    assert x is not None
    if want.dtype.kind != "i" or x.dtype.kind != "f":
        return np.ones(want.shape, bool)
    limits = np.iinfo(want.dtype)
    return (x >= limits.min) & (x < float(limits.max))


def _magnitude(args: tuple[Array | None, ...]) -> float:
    """The largest operand: sums that cancel are as exact as their terms."""
    floats = [a for a in args if a is not None and a.dtype == np.float32 and a.size]
    return max((float(np.abs(a).max()) for a in floats), default=0.0)
