"""Builtins on elements that others compute as well."""

from __future__ import annotations

from edgeml.frontends.litert.draft import Call
from edgeml.ir import Attributes
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.reshape import ReshapeAttrs


def square(call: Call) -> None:
    """x * x."""
    call.draft.node("mul", (call.inputs[0], call.inputs[0]), call.outputs[:1], BinaryAttrs())


def relu_0_to_1(call: Call) -> None:
    """A clamp to -1..1, then one at 0: in int8 the second one rescales by exactly 1."""
    clamped = call.draft.activation(f"{call.outputs[0]}/clamped", call.output().type)
    call.draft.node("relu_n1_to_1", call.inputs[:1], (clamped,), Attributes())
    call.draft.node("relu", (clamped,), call.outputs[:1], Attributes())


def select(call: Call) -> None:
    """select_v2; here a condition of rank 1 chooses among the slices of dimension 0."""
    condition, rank = call.inputs[0], len(call.output().shape)
    type_ = call.input(0).type
    if len(type_.shape) == 1 and rank > 1:
        shape = (*type_.shape, *(1,) * (rank - 1))
        aligned = call.draft.activation(f"{call.outputs[0]}/condition", type(type_)(shape, type_.dtype))
        call.draft.node("reshape", (condition,), (aligned,), ReshapeAttrs(shape))
        condition = aligned
    call.draft.node("select_v2", (condition, *call.inputs[1:3]), call.outputs[:1], Attributes())
