"""A kernel as the compiler sees it: where it is valid, what it costs, how it is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.portable_accesses import portable_accesses
from edgeml.backends.c99.selection.machine import Feature, Machine
from edgeml.backends.c99.selection.portable_cost import portable_instructions
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, ParamValue, Scratch, Table, is_int8
from edgeml.ops.convolution import weight_zero_point

# parameters for weights and scales as they lie in the graph
_PORTABLE_ONLY = ("weight_zero_point", "scale_step")
FEW_BITS_REFUSAL = "the weights need eight bits"


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
    # its weights lie two to a byte, four bits each
    packs: ClassVar[bool] = False

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
        return portable_instructions(bound, "thumb1" in machine.features)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return portable_accesses(bound, call)


class Weighted(Kernel):
    """A kernel for int8 weights that are constant and symmetric."""

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        if not is_int8(bound) or bound.input(1).data is None:
            return "int8 only"
        if weight_zero_point(bound):
            return "the weights have a zero point"
        return self.limit(bound)

    def limit(self, bound: BoundNode) -> str:
        """Why such weights are too much for this kernel, or the empty string."""
        return ""

    def params(self, bound: BoundNode, *without: str) -> dict[str, ParamValue]:
        """The parameters of the operator's own kernel, but for those that only it has and those in `without`."""
        plain = OPS[self.op].kernel(bound).params
        return {name: value for name, value in plain.items() if name not in (*_PORTABLE_ONLY, *without)}


class SameCall(Kernel):
    """A kernel that is called as the operator's own `plain` is."""

    plain: ClassVar[str]

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        if not is_int8(bound):
            return "int8 only"
        if (own := OPS[self.op].kernel(bound).kernel) != self.plain:
            return f"computes as {self.plain}, not as {own}"
        return self.limit(bound)

    def limit(self, bound: BoundNode) -> str:
        """Why such a call is too much for this kernel, or the empty string."""
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        return replace(OPS[self.op].kernel(bound), kernel=self.name)


def cost(kernel: Kernel, bound: BoundNode, call: KernelCall, machine: Machine) -> Cost:
    """What `call`, which is the kernel's for this node, takes."""
    constants = [bound.optional(a.index) for a in call.args if isinstance(a, Operand)]
    flash = sum(t.type.nbytes for t in constants if t is not None and t.is_constant)
    flash += sum(a.data.nbytes for a in call.args if isinstance(a, Table))
    scratch = sum(a.nbytes for a in call.args if isinstance(a, Scratch))
    return Cost(kernel.instructions(bound, machine), flash, scratch)
