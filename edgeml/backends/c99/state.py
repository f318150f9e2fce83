"""Where states live in the caller's state buffer, and how each run leaves their new values there.

A new value is computed straight into the state buffer where nothing reads the old one any more; otherwise it is
computed elsewhere and copied after the last layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.ir import Graph
from edgeml.ops import OPS


@dataclass(frozen=True)
class StatePlan:
    """`offsets` holds the place of each state by the tensor that reads it, `direct` the tensors that are computed
    straight into such a place (by the state's `input`), `copied` the positions of the states that need a copy."""

    offsets: Mapping[str, int]
    direct: Mapping[str, str]
    copied: tuple[int, ...]
    state_bytes: int


def plan_states(graph: Graph, storage: Mapping[str, str], alignment: int) -> StatePlan:
    """Place the states one after the other. `storage` maps each activation to the tensor that owns its memory."""
    offsets: dict[str, int] = {}
    size = 0
    for state in graph.states:
        offsets[state.input] = size
        size += -(-graph.tensor(state.input).type.nbytes // alignment) * alignment
    direct: dict[str, str] = {}
    copied = []
    for i, state in enumerate(graph.states):
        owner = storage.get(state.output)
        if owner is not None and _may_overwrite(graph, storage, i, owner):
            direct[owner] = state.input
        else:
            copied.append(i)
    return StatePlan(offsets, direct, tuple(copied), size)


def _may_overwrite(graph: Graph, storage: Mapping[str, str], position: int, owner: str) -> bool:
    """Whether state `position` may be the memory of `owner`, the tensor that its new value lives in."""
    state = graph.states[position]
    others = [storage.get(s.output) for i, s in enumerate(graph.states) if i != position]
    outputs = {storage.get(n) for n in graph.outputs}
    if owner in graph.given or owner in outputs or owner in others:
        return False
    if storage[state.input] in others or storage[state.input] in outputs:
        return False  # the old value is still needed after the last layer
    producer = next(i for i, node in enumerate(graph.nodes) if owner in node.outputs)
    readers = [i for i, n in enumerate(graph.nodes) if any(storage.get(x) == state.input for x in n.inputs)]
    last = max(readers, default=-1)
    if last != producer:
        return last < producer
    node = graph.nodes[producer]
    place = OPS[node.op].in_place.get(node.outputs.index(owner))
    read = [p for p, x in enumerate(node.inputs) if storage.get(x) == state.input]
    return place is not None and read == [place]
