"""add and sub without broadcasting, for processors without packed arithmetic."""

from __future__ import annotations

from edgeml.backends.c99.selection.add_dsp import AddDsp
from edgeml.backends.c99.selection.machine import Machine
from edgeml.ir import BoundNode


class AddFlat(AddDsp):
    """The zero point in the bias, no strides, and the full range of int8."""

    name = "add_flat_s8"
    needs = frozenset()
    suits = frozenset({"thumb1", "thumb2", "rv32"})

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return 40 + 15 * bound.output.type.elements


class SubFlat(AddFlat):
    """a - b."""

    op = "sub"
    sign = -1
