"""Cortex-M0+ with the single-cycle multiplier (RP2040, STM32G0 have it)."""

from edgeml.targets.emulator.timing.table import Timing

CORTEX_M0PLUS = Timing(
    title="Cortex-M0+ TRM, no wait states",
    source="Arm DDI 0484C, Cortex-M0+ Technical Reference Manual, table 3-1",
    refill=1,  # B 2, BX 2, taken B<cond> 2
    load=2,
    store=2,
    store_immediate=2,
    multiple_base=1,
    pop_pc_extra=2,  # POP with PC: 3 + N, the PC counted in N
    call=3,
    fixed={"mrs": 3, "msr": 3, "dsb": 3, "dmb": 3, "isb": 3},
)
