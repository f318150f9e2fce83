"""Builtins that keep every element in its place."""

from __future__ import annotations

from dataclasses import replace

from edgeml.errors import ModelFormatError
from edgeml.frontends.litert.draft import Call
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.reshape import ReshapeAttrs


def reshape_to_output(call: Call) -> None:
    """A reshape to the shape that the file gives for the output; the operand that says the same is dropped."""
    call.draft.node("reshape", call.inputs[:1], call.outputs[:1], ReshapeAttrs(call.output().shape))


def pack(call: Call) -> None:
    """PACK: tensors of one shape along a new axis."""
    draft, y = call.draft, call.output()
    axis = call.options.get("axis", 0)
    assert isinstance(axis, int)
    rank = len(y.shape)
    if not -rank <= axis < rank:
        raise ModelFormatError(f"{call.where}: axis {axis} of a tensor of rank {rank}. The file is damaged.")
    axis %= rank
    if len(call.inputs) == 1:
        reshape_to_output(call)
        return
    names = []
    for i in range(len(call.inputs)):
        x = call.input(i)
        shape = (*x.shape[:axis], 1, *x.shape[axis:])
        names.append(draft.activation(f"{y.name}/pack", replace(x.type, shape=shape)))
        draft.node("reshape", [x.name], [names[-1]], ReshapeAttrs(shape))
    draft.node("concatenation", names, [y.name], ConcatenationAttrs(axis))
