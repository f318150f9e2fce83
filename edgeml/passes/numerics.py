"""Whose int8 arithmetic a graph computes: a property of the graph, checked for every operator."""

from __future__ import annotations

from dataclasses import replace

from edgeml.errors import UsageError
from edgeml.ir import Graph, Numerics, verify
from edgeml.ops import OPS


def with_numerics(graph: Graph, numerics: Numerics | str | None) -> Graph:
    """`graph` under `numerics` ("litert" or "tflm"); as it is when None.

    Raises UnsupportedError for the first operator whose int8 meaning under them is not known, UsageError for another
    name.
    """
    if numerics is None:
        return graph
    return verify(replace(graph, numerics=numerics_from(numerics)), OPS)


def numerics_from(value: Numerics | str) -> Numerics:
    """The numerics of this name; UsageError when there are none."""
    try:
        return Numerics(value)
    except ValueError:
        known = " or ".join(n.value for n in Numerics)
        raise UsageError(f"numerics must be {known}. Got '{value}'.") from None
