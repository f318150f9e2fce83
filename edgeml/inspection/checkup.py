"""What stands in the way of a model before it is quantised: preprocessing, range of the input, operators, exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgeml.backends import litert, onnx
from edgeml.errors import MissingDependencyError, UnsupportedError
from edgeml.inspection.preprocessing import misplaced_rescaling
from edgeml.ir import Array, DType, Graph
from edgeml.ops import OPS
from edgeml.passes import canonicalize
from edgeml.quantize.scale_check import better_scale

# how much wider or narrower than an int8 input's range the samples may be
_SPAN = 4.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, and a sentence."""

    what: str
    ok: bool
    text: str


def checkup(graph: Graph, x: Array | None = None, y: Array | None = None) -> tuple[Finding, ...]:
    """Findings about a `graph` as it was loaded; with real samples `x` (N, …) and labels `y` also about its range."""
    return (_state(graph), _preprocessing(graph), *_range(graph, x, y), _operators(graph), *_exports(graph))


def _state(graph: Graph) -> Finding:
    """Which layers compute in integers."""
    kinds = [b.output.dtype for b in graph.bound() if OPS[b.node.op].weight_axis is not None]
    integers = sum(kind is not DType.FLOAT32 for kind in kinds)
    if not integers:
        return Finding("quantisation", True, f"float32: {len(kinds)} layers with weights; quantise it with quantize")
    if integers == len(kinds):
        return Finding("quantisation", True, f"quantised: all {len(kinds)} layers with weights compute in integers")
    text = f"mixed: {len(kinds) - integers} of {len(kinds)} layers with weights compute in float32"
    return Finding("quantisation", False, f"{text}. `edgeml inspect` lists them; --requantize does all again.")


def _preprocessing(graph: Graph) -> Finding:
    warning = misplaced_rescaling(graph)
    return Finding("preprocessing", not warning, warning or "no scaling of pixels stands behind layers with weights")


def _range(graph: Graph, x: Array | None, y: Array | None) -> Iterator[Finding]:
    """Whether the samples have the range that the model takes, as far as that can be told."""
    if x is None or len(graph.inputs) != 1:
        return
    type_, peak = graph.input_tensors[0].type, float(np.abs(x).max())
    given = f"samples lie in {float(x.min()):.4g} to {float(x.max()):.4g}"
    if type_.has_codes:
        low, high = ((code - type_.zero_point) * type_.scale for code in (-128, 127))
        wanted = max(abs(low), abs(high))
        ok = wanted / _SPAN <= peak <= wanted * _SPAN
        text = f"{given}, the int8 input stands for {low:.4g} to {high:.4g}"
        yield Finding("input range", ok, text if ok else f"{text}. Give --scale {wanted / max(peak, 1e-30):.4g}.")
        return
    other = None if y is None else better_scale(canonicalize(graph), x, y)
    if other is None:
        yield Finding("input range", True, f"{given}; no other range was found that the model takes better")
        return
    factor, now, best = other
    text = f"{given}, where the model is right on {now:.0%}; times {factor:.4g} it is on {best:.0%}"
    yield Finding("input range", False, f"{text}. It was trained on another range: give --scale {factor:.4g}.")


def _operators(graph: Graph) -> Finding:
    """Operators that stay float32 when the model is quantised."""
    float_only = {n.op for n in canonicalize(graph).nodes if OPS[n.op].dtypes == (DType.FLOAT32,)}
    if float_only:
        names = ", ".join(sorted(float_only))
        return Finding("operators", False, f"no int8 meaning: {names}. They stay float32 between integers.")
    return Finding("operators", True, "every operator has an int8 meaning, or moves values only")


def _exports(graph: Graph) -> Iterator[Finding]:
    """Formats that cannot spell the graph, with the reason."""
    whole = canonicalize(graph)
    for name, emit in (("LiteRT", litert.emit), ("ONNX", onnx.emit)):
        try:
            emit(whole)
        except UnsupportedError as error:
            yield Finding(name, False, str(error))
        except (MissingDependencyError, ImportError) as error:
            yield Finding(name, True, f"not looked at: {error}")
        else:
            yield Finding(name, True, "can be written")
