"""Cycles of instructions by core: one module a table, from Arm's Technical Reference Manuals.

The model is deterministic and assumes memory without wait states and without caches. An instruction that
IT skips counts as executed. It knows single-issue pipelines only, so a core that issues two has no table.
"""

from __future__ import annotations

from edgeml.targets.emulator.timing.cortex_m0plus import CORTEX_M0PLUS
from edgeml.targets.emulator.timing.cortex_m3 import CORTEX_M3
from edgeml.targets.emulator.timing.cortex_m4 import CORTEX_M4
from edgeml.targets.emulator.timing.cortex_m33 import CORTEX_M33
from edgeml.targets.emulator.timing.table import Instruction, Timing, block_cycles

TIMINGS: dict[str, Timing] = {
    "cortex_m0plus": CORTEX_M0PLUS,
    "cortex_m3": CORTEX_M3,
    "cortex_m4": CORTEX_M4,
    "cortex_m33": CORTEX_M33,
}

__all__ = ["TIMINGS", "Instruction", "Timing", "block_cycles"]
