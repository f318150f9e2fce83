"""Identity removal: operators that change nothing, such as a reshape to the same shape."""

from __future__ import annotations

import numpy as np

from edgeml.ir import BoundNode, Graph
from edgeml.ops.common import Activation
from edgeml.passes.rewrite import redirect


def remove_identities(graph: Graph) -> Graph:
    """Drop identities, except one whose result leaves the graph as an output or a state."""
    replaced: dict[str, str] = {}
    drop: set[str] = set()
    for bound in graph.bound():
        if _is_identity(bound) and bound.output.name not in graph.kept:
            replaced[bound.output.name] = bound.input(0).name
            drop.add(bound.name)
    return redirect(graph, replaced, drop, {}) if drop else graph


def _is_identity(bound: BoundNode) -> bool:
    if not bound.inputs or bound.input(0).type != bound.output.type:
        return False
    attrs = bound.node.attrs
    match bound.node.op:
        case "reshape" | "cast" | "broadcast_to" | "tile":
            return True
        case "strided_slice":
            return all(s == 1 for s in getattr(attrs, "stride", ()))
        case "pad":
            return not np.any(getattr(attrs, "paddings", 1))
        case "concatenation":
            return len(bound.inputs) == 1
        case "max_pool_2d" | "average_pool_2d":
            unit = (getattr(attrs, "kernel", None), getattr(attrs, "stride", None)) == ((1, 1), (1, 1))
            return unit and getattr(attrs, "activation", None) is Activation.NONE
        case _:
            return False
