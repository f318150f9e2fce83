"""Sums and pools with Helium: the operators' own calls, to other kernels."""

from __future__ import annotations

from typing import ClassVar

from edgeml.backends.c99.accesses import Overlap, elementwise
from edgeml.backends.c99.selection.kernel import SameCall
from edgeml.backends.c99.selection.machine import Machine
from edgeml.ir import BoundNode
from edgeml.ops.base import KernelCall
from edgeml.ops.pooling import PoolAttrs


class HeliumCall(SameCall):
    """A kernel of mve.h."""

    needs = frozenset({"mve"})


class AddHelium(HeliumCall):
    """Sums of tensors of one shape, four elements at a time."""

    name = "add_mve_s8"
    op = "add"
    plain = "add_s8"

    def limit(self, bound: BoundNode) -> str:
        size = bound.output.type.elements
        return "an operand is broadcast" if any(bound.input(i).type.elements != size for i in (0, 1)) else ""

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return 40 + 5 * bound.output.type.elements // 2

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return elementwise(bound, (0, 1))


class SubHelium(AddHelium):
    """Differences."""

    op = "sub"


class PoolHelium(HeliumCall):
    """Windows of up to `lanes` channels at a time."""

    lanes: ClassVar[int]
    # for each vector of the output
    least: ClassVar[int]

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        attrs, shape = bound.node.attrs, bound.output.shape
        assert isinstance(attrs, PoolAttrs)
        vectors = bound.output.type.elements // shape[-1] * -(-shape[-1] // self.lanes)
        return vectors * (self.least + 6 * attrs.kernel[0] * attrs.kernel[1])


class AveragePoolHelium(PoolHelium):
    """Means."""

    name = "average_pool_2d_mve_s8"
    op = "average_pool_2d"
    plain = "average_pool_2d_s8"
    lanes, least = 4, 60


class MaxPoolHelium(PoolHelium):
    """Largest values."""

    name = "max_pool_2d_mve_s8"
    op = "max_pool_2d"
    plain = "max_pool_2d_s8"
    lanes, least = 16, 40
