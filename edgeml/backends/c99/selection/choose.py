"""The choice of a kernel for every layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from edgeml.backends.c99.selection.kernel import Cost, Kernel, Portable, cost
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.table import KERNELS
from edgeml.errors import UsageError
from edgeml.ir import BoundNode, Graph
from edgeml.ops.base import KernelCall

Optimize = Literal["speed", "size", "ram", "balanced"]
OPTIMIZE: tuple[Optimize, ...] = get_args(Optimize)
# instructions that a byte of flash or of scratch is worth in a balanced build
_PER_FLASH_BYTE, _PER_SCRATCH_BYTE = 8, 16

_Key = Callable[[Cost], tuple[int, ...]]
_KEYS: Mapping[Optimize, _Key] = {
    "speed": lambda c: (c.instructions, c.flash, c.scratch),
    "size": lambda c: (c.flash, c.instructions, c.scratch),
    "ram": lambda c: (c.scratch, c.instructions, c.flash),
    "balanced": lambda c: (c.instructions + _PER_FLASH_BYTE * c.flash + _PER_SCRATCH_BYTE * c.scratch,),
}


@dataclass(frozen=True, eq=False)
class Choice:
    """The kernel of one layer, its estimated cost, and what became of the others: kernel -> reason or cost."""

    kernel: Kernel
    call: KernelCall
    cost: Cost
    others: Mapping[str, str]

    @property
    def reason(self) -> str:
        """The choice in a few words."""
        return "; ".join(f"not {name}: {why}" for name, why in self.others.items()) or "the only kernel"


def check_aim(name: str) -> Optimize:
    """`name` as an aim of the choice; UsageError lists them."""
    for aim in OPTIMIZE:
        if aim == name:
            return aim
    raise UsageError(f"--optimize '{name}': choose from {', '.join(OPTIMIZE)}.")


def choose(graph: Graph, machine: Machine, optimize: Optimize = "balanced") -> tuple[Choice, ...]:
    """A choice for every node, in order. Raises UsageError for an unknown aim, UnsupportedError without a kernel."""
    check_aim(optimize)
    # where memory is in plenty, all that a balanced build asks for is speed
    plenty = optimize == "balanced" and "simd" in machine.features
    return tuple(_choose(bound, machine, _KEYS["speed" if plenty else optimize]) for bound in graph.bound())


def _choose(bound: BoundNode, machine: Machine, key: _Key) -> Choice:
    candidates = [Portable(bound.node.op), *KERNELS.get(bound.node.op, ())]
    others: dict[str, str] = {}
    valid: list[tuple[Kernel, KernelCall, Cost]] = []
    for kernel in candidates:
        if not kernel.needs <= machine.features or (kernel.suits and not kernel.suits & machine.features):
            continue
        refusal = kernel.refusal(bound, machine)
        if refusal:
            others[kernel.name] = refusal
            continue
        call = kernel.call(bound)
        valid.append((kernel, call, cost(kernel, bound, call, machine)))
    best, call, found = min(valid, key=lambda v: key(v[2]))
    for kernel, other, spent in valid:
        if kernel is not best:
            others[other.kernel] = (
                f"{spent.instructions:,} instructions, {spent.flash:,} B flash, {spent.scratch:,} B scratch"
            )
    return Choice(best, call, found, others)
