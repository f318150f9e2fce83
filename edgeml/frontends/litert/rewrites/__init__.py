"""Builtins that edgeml has no operator of its own for, each as a rewrite into operators that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from edgeml.frontends.litert.draft import Call
from edgeml.frontends.litert.rewrites.shape import reshape_to_output

Rewrite = Callable[[Call], None]

# builtin -> what appends its nodes to the draft
REWRITES: Mapping[str, Rewrite] = MappingProxyType(
    {
        "SQUEEZE": reshape_to_output,
        "EXPAND_DIMS": reshape_to_output,
    }
)

__all__ = ["REWRITES", "Rewrite"]
