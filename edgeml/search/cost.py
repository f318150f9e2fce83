"""What an int8 graph costs on a core, by the compiler's own estimates and its memory plan: nothing is emulated for it.

Code, stack and cycles come from one measured build, of the first graph that is priced; the others have the same kernels
or nearly so.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeml.backends import c99
from edgeml.backends.c99.layers import plan_calls
from edgeml.backends.c99.scheduling import arrange
from edgeml.backends.c99.selection import PORTABLE, Machine, Optimize, aim_on, candidates
from edgeml.backends.c99.selection import Cost as LayerCost
from edgeml.errors import EdgeMLError
from edgeml.ir import BoundNode, Graph
from edgeml.targets.boards import Board, resolve_target


@dataclass(frozen=True)
class Cost:
    """One inference: estimated instructions and milliseconds (None without a clock); bytes of flash and RAM.

    Flash is constants and code, RAM the arena and the stack, as far as they are known; `optimize` is what the kernels
    were chosen for.
    """

    instructions: int
    flash: int
    ram: int
    ms: float | None = None
    optimize: str = "balanced"


@dataclass(frozen=True)
class Yardstick:
    """What one build measured: bytes of code, bytes of RAM beside the arena, cycles for each estimated instruction."""

    code: int = 0
    ram: int = 0
    cycles: float | None = None


@dataclass(frozen=True)
class Pricing:
    """Prices graphs on a core; `board` gives the clock."""

    machine: Machine = PORTABLE
    board: Board | None = None
    optimize: Optimize = "balanced"
    # None: the first int8 model is measured for it
    yardstick: Yardstick | None = None

    def cost(self, graph: Graph, optimize: Optimize | None = None) -> Cost:
        """The cost of a graph, with kernels for the aim `optimize` instead of the pricing's own."""
        aim = optimize or self.optimize
        ordered, choices = arrange(graph, self.machine, aim)
        instructions = sum(c.cost.instructions for c in choices)
        yard, ms = self.yardstick or Yardstick(), None
        if self.board is not None and yard.cycles is not None:
            ms = self.board.milliseconds(round(instructions * yard.cycles))
        arena = plan_calls(ordered, choices).arena_bytes
        return Cost(instructions, sum(c.cost.flash for c in choices) + yard.code, arena + yard.ram, ms, aim)

    def layer(self, bound: BoundNode) -> LayerCost:
        """The cost of one node alone."""
        return candidates(bound, self.machine).best(aim_on(self.machine, self.optimize)).cost


def pricing(target: str, optimize: Optimize = "balanced") -> Pricing:
    """For a core or a board, nothing measured yet. TargetError for an unknown one."""
    core, board = resolve_target(target)
    return Pricing(core.machine, board, optimize)


def measured(graph: Graph, target: str, prices: Pricing, toolchain: str) -> tuple[Yardstick, str]:
    """The yardstick from a build of the int8 `graph` that is run once on the emulated core; and why there is none,
    where compiler or emulator are missing, so that constants and the arena alone are counted."""
    from edgeml.targets.emulator.target import EmulatedTarget

    estimate = prices.cost(graph)
    try:
        with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
            library = Path(folder) / "c"
            manifest = c99.emit(graph, library, machine=prices.machine, optimize=prices.optimize)
            built = EmulatedTarget(library, target, toolchain)
            memory = built.memory
            x = graph.input_tensors[0].type
            zero = x.zero_point if x.quantization is not None else 0
            profile = built.profile(np.full(x.shape, zero, x.dtype.numpy))
    except EdgeMLError as error:
        return Yardstick(), str(error)
    cycles = None if profile.cycles is None else profile.cycles / max(1, estimate.instructions)
    # whatever of flash is none of the library's arrays
    return Yardstick(memory.flash - manifest.weights_bytes, memory.ram - memory.arena, cycles), ""
