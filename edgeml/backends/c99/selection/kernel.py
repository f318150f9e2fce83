"""A kernel as the compiler sees it: where it is valid, what it costs, how it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.portable_accesses import portable_accesses
from edgeml.backends.c99.selection.machine import Feature, Machine
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Scratch, Table
from edgeml.ops.pooling import PoolAttrs


@dataclass(frozen=True)
class Cost:
    """Estimates for one layer: instructions of a run, bytes of constants in flash, bytes of scratch in the arena."""

    instructions: int
    flash: int
    scratch: int


class Kernel:
    """A C kernel that can stand for some nodes of an operator: `kernels/<name>.c`.

    The same bits as the operator's reference wherever `refusal` finds nothing.
    """

    name: ClassVar[str]
    op: ClassVar[str]
    # the machine must have all of these
    needs: ClassVar[frozenset[Feature]] = frozenset()
    # it runs on every machine, and is for those that have one of these; empty: for all
    suits: ClassVar[frozenset[Feature]] = frozenset()

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        """Why the kernel cannot compute this node exactly, or the empty string."""
        raise NotImplementedError

    def call(self, bound: BoundNode) -> KernelCall:
        """The call, with weights packed as this kernel reads them."""
        raise NotImplementedError

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        """Estimated instructions of one run."""
        raise NotImplementedError

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        """What `call` may write over its inputs because it no longer reads them (see accesses.py); nothing by default.

        The C kernel must not say `restrict` of two pointers that may overlap.
        """
        return ()


# instructions for each multiplication and each output of portable kernels: Armv6-M, and all others
# (of pools: for each element of a window)
_POOL = ((9, 60), (6, 35))
_PORTABLE = {"depthwise_conv_2d": ((9, 90), (5.5, 45)), "average_pool_2d": _POOL, "max_pool_2d": _POOL}
_PORTABLE_ANY = ((9, 40), (4, 20))


class Portable(Kernel):
    """The operator's own kernel, in C99 for any processor."""

    def __init__(self, op: str) -> None:
        self.op = op  # type: ignore[misc]
        self.name = op  # type: ignore[misc]

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        return OPS[bound.node.op].kernel(bound)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        thumb1, others = _PORTABLE.get(self.op, _PORTABLE_ANY)
        per_mac, per_element = thumb1 if "thumb1" in machine.features else others
        elements = sum(t.type.elements for t in bound.outputs)
        work, attrs = OPS[bound.node.op].macs(bound), bound.node.attrs
        if isinstance(attrs, PoolAttrs):
            work = elements * attrs.kernel[0] * attrs.kernel[1]
        return int(per_mac * work + per_element * elements)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return portable_accesses(bound, call)


def cost(kernel: Kernel, bound: BoundNode, call: KernelCall, machine: Machine) -> Cost:
    """What `call`, which is the kernel's for this node, takes."""
    constants = [bound.optional(a.index) for a in call.args if isinstance(a, Operand)]
    flash = sum(t.type.nbytes for t in constants if t is not None and t.is_constant)
    flash += sum(a.data.nbytes for a in call.args if isinstance(a, Table))
    scratch = sum(a.nbytes for a in call.args if isinstance(a, Scratch))
    return Cost(kernel.instructions(bound, machine), flash, scratch)
