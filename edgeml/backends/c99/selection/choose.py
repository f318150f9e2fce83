"""The choice of a kernel for every layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from edgeml.backends.c99.accesses import Overlap
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
# so many times the instructions of the fastest kernel are well spent on packed weights
_PACKED_SLOWER = 1.5

_Key = Callable[[Cost], tuple[int, ...]]
_KEYS: Mapping[Optimize, _Key] = {
    "speed": lambda c: (c.instructions, c.flash, c.scratch),
    "size": lambda c: (c.flash, c.instructions, c.scratch),
    "ram": lambda c: (c.scratch, c.instructions, c.flash),
    "balanced": lambda c: (c.instructions + _PER_FLASH_BYTE * c.flash + _PER_SCRATCH_BYTE * c.scratch,),
}
# bytes of the arena that a candidate takes beyond those that are taken anyway
Extra = Callable[["Candidate"], int]


@dataclass(frozen=True, eq=False)
class Choice:
    """The kernel of one layer, its estimated cost, what it may write over its inputs, and what became of the others:
    kernel -> reason or cost."""

    kernel: Kernel
    call: KernelCall
    cost: Cost
    overlaps: tuple[Overlap, ...]
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


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel that can compute a node, what it takes, and what it may write over its inputs."""

    bound: BoundNode
    kernel: Kernel
    call: KernelCall
    cost: Cost
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The kernels of one node, and why others are none: kernel -> reason."""

    valid: tuple[Candidate, ...]
    refused: Mapping[str, str]

    def best(self, optimize: Optimize, extra: Extra | None = None) -> Choice:
        """The best for an aim. `extra` stands for the scratch where it is known what a candidate adds to the arena."""

        def key(candidate: Candidate) -> tuple[int, ...]:
            spent = candidate.cost
            return _KEYS[optimize](spent if extra is None else replace(spent, scratch=extra(candidate)))

        best = min(self._small() if optimize != "speed" else self.valid, key=key)
        others = dict(self.refused)
        for other in self.valid:
            if other is not best:
                spent = other.cost
                others[other.call.kernel] = (
                    f"{spent.instructions:,} instructions, {spent.flash:,} B flash, {spent.scratch:,} B scratch"
                )
        return Choice(best.kernel, best.call, best.cost, best.overlaps, others)

    def _small(self) -> tuple[Candidate, ...]:
        """Whoever asks for weights of four bits asks for flash: where a kernel packs them and is not far slower than
        the fastest (as on cores with vectors), none that takes more.
        """
        slowest = _PACKED_SLOWER * min(c.cost.instructions for c in self.valid)
        packed = [c.cost.flash for c in self.valid if c.kernel.packs and c.cost.instructions <= slowest]
        return tuple(c for c in self.valid if c.cost.flash <= min(packed)) if packed else self.valid


def choose(graph: Graph, machine: Machine, optimize: Optimize = "balanced") -> tuple[Choice, ...]:
    """A choice for every node, in order. Raises UsageError for an unknown aim, UnsupportedError without a kernel."""
    aim = aim_on(machine, optimize)
    return tuple(candidates(bound, machine).best(aim) for bound in graph.bound())


def aim_on(machine: Machine, optimize: Optimize) -> Optimize:
    """The aim as it is meant for a machine: where memory is in plenty, a balanced build asks for speed alone."""
    check_aim(optimize)
    return "speed" if optimize == "balanced" and "simd" in machine.features else optimize


def candidates(bound: BoundNode, machine: Machine) -> Candidates:
    """All kernels that compute a node on a machine."""
    refused: dict[str, str] = {}
    valid: list[Candidate] = []
    for kernel in (Portable(bound.node.op), *KERNELS.get(bound.node.op, ())):
        if not kernel.needs <= machine.features or (kernel.suits and not kernel.suits & machine.features):
            continue
        refusal = kernel.refusal(bound, machine)
        if refusal:
            refused[kernel.name] = refusal
            continue
        call = kernel.call(bound)
        spent = cost(kernel, bound, call, machine)
        valid.append(Candidate(bound, kernel, call, spent, kernel.accesses(bound, call)))
    return Candidates(tuple(valid), refused)
