"""States in a .tflite file.

An operator that LiteRT gives a state of its own (svdf, lstm) keeps it in a variable tensor. Any other state becomes a
resource variable: READ_VARIABLE before the first operator, ASSIGN_VARIABLE after the last one, and a second graph,
run once by CALL_ONCE, that assigns the initial value. Each variable has the name of the tensor that reads the state.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.formats.litert import OperatorRecord, SubgraphRecord, TensorRecord
from edgeml.interpreter import initial_value
from edgeml.ir import BoundNode, DType, Graph, State, TensorType
from edgeml.ops import OPS

_HANDLE = TensorType((), DType.INT32)
INITIAL_GRAPH = 1


def variable_tensors(graph: Graph) -> dict[str, str]:
    """Old and new value of every state that is a variable tensor of the operator that keeps it.

    Raises UnsupportedError when such an operator's state is anything else, which LiteRT cannot say.
    """
    found: dict[str, str] = {}
    for bound in graph.bound():
        if not keeps_its_states(graph, bound):
            old = ", ".join(f"'{bound.input(i).name}'" for i in OPS[bound.node.op].in_place.values())
            raise UnsupportedError(
                f"{bound.node.op} '{bound.name}': LiteRT keeps its state {old} inside the operator, initially zero. "
                "Here it is read, written or started elsewhere. Use the C or ONNX export."
            )
        in_place = OPS[bound.node.op].in_place
        found.update({bound.input(old).name: bound.outputs[new].name for new, old in in_place.items()})
    return found


def keeps_its_states(graph: Graph, bound: BoundNode) -> bool:
    """Whether the node's states are what LiteRT's operator does with them: zero at first, seen by no other."""
    states = {s.input: s for s in graph.states}
    pairs = [(bound.input(i).name, bound.outputs[o].name) for o, i in OPS[bound.node.op].in_place.items()]
    return all(old in states and _kept_inside(graph, states[old], bound, new) for old, new in pairs)


def _kept_inside(graph: Graph, state: State, bound: BoundNode, new: str) -> bool:
    alone = [n.name for n in graph.consumers(state.input)] == [bound.name] and not graph.consumers(new)
    return state.output == new and alone and not state.initial and graph.kept.count(new) == 1


def resource_states(graph: Graph, variables: Iterable[str]) -> tuple[State, ...]:
    """The states that become resource variables."""
    inside = set(variables)
    return tuple(s for s in graph.states if s.input not in inside)


def handles(states: Iterable[State]) -> list[TensorRecord]:
    """One RESOURCE tensor for each state."""
    return [TensorRecord(f"{s.input}/handle", _HANDLE, element="RESOURCE") for s in states]


def opening(states: tuple[State, ...], handle: int, index: dict[str, int]) -> list[OperatorRecord]:
    """Operators before all others; `handle` is the index of the first state's handle."""
    if not states:
        return []
    once = {"initSubgraphIndex": INITIAL_GRAPH}
    records = [OperatorRecord("CALL_ONCE", 1, (), (), "CallOnceOptions", once)]
    for i, state in enumerate(states):
        records.append(_var_handle(state, handle + i))
        read = OperatorRecord("READ_VARIABLE", 1, (handle + i,), (index[state.input],), "ReadVariableOptions")
        records.append(read)
    return records


def closing(states: tuple[State, ...], handle: int, index: dict[str, int]) -> list[OperatorRecord]:
    """Operators after all others."""
    return [_assign(handle + i, index[state.output]) for i, state in enumerate(states)]


def initial_graph(graph: Graph, states: tuple[State, ...]) -> tuple[SubgraphRecord, ...]:
    """The graph that CALL_ONCE runs, if any state needs it."""
    if not states:
        return ()
    tensors, operators = handles(states), []
    for i, state in enumerate(states):
        data = np.ascontiguousarray(initial_value(graph, state))
        tensors.append(TensorRecord(f"{state.input}/initial", graph.tensor(state.input).type, data))
        operators += [_var_handle(state, i), _assign(i, len(tensors) - 1)]
    return (SubgraphRecord("initial", tuple(tensors), tuple(operators), (), ()),)


def _var_handle(state: State, handle: int) -> OperatorRecord:
    options = {"container": "", "sharedName": state.input}
    return OperatorRecord("VAR_HANDLE", 1, (), (handle,), "VarHandleOptions", options)


def _assign(handle: int, value: int) -> OperatorRecord:
    return OperatorRecord("ASSIGN_VARIABLE", 1, (handle, value), (), "AssignVariableOptions")
