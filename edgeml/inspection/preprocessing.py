"""A warning about pixels that are scaled in the wrong place: a Rescaling that stands after layers with weights."""

from __future__ import annotations

from edgeml.ir import Graph, Node
from edgeml.ops import OPS

# 1 / factor of Rescaling(1 / 255) and of Rescaling(1 / 127.5, offset=-1)
_PIXELS = (255.0, 127.5)
_TOLERANCE = 0.01


def misplaced_rescaling(graph: Graph) -> str:
    """A sentence about the first multiplication by 1/255 or 1/127.5 that does not see the input; empty without one.

    `graph` must be as it was loaded: the passes fold such a factor into the layers before it.
    """
    trained: set[str] = set()
    for node in graph.nodes:
        if OPS[node.op].weight_axis is not None or trained & set(node.inputs):
            if _scales_pixels(graph, node):
                return (
                    f"{node.op} '{node.name}': scales by a pixel's range, but stands after layers with weights, as a "
                    "Rescaling behind a backbone does. The backbone then sees pixels of the wrong range, and int8 "
                    "loses more than it must. Put the scaling before the first layer and train again."
                )
            trained |= set(node.outputs)
    return ""


def _scales_pixels(graph: Graph, node: Node) -> bool:
    if node.op not in ("mul", "div"):
        return False
    constants = [t.data for t in graph.bind(node).inputs if t is not None and t.data is not None]
    if len(constants) != 1 or constants[0].size != 1:
        return False
    value = abs(float(constants[0].reshape(-1)[0]))
    factor = value if node.op == "div" else 1 / value if value else 0.0
    return any(abs(factor - p) < _TOLERANCE * p for p in _PIXELS)
