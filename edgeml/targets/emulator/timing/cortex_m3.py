"""Cortex-M3: the pipeline of the M4 with a slower multiplier and no FPU."""

from edgeml.targets.emulator.timing.table import Timing

# Ranges that depend on the values (UMULL 3 to 5, UMLAL 4 to 7, UDIV 2 to 12): the middle, rounded up.
CORTEX_M3 = Timing(
    title="Cortex-M3 TRM, P = 2, no wait states",
    source="Arm DDI 0337I, Cortex-M3 Technical Reference Manual, table 3-1 and section 3.3.2",
    refill=2,
    load=2,
    store=2,
    store_immediate=1,
    pipelined=True,
    multiple_base=1,
    fixed={
        "mla": 2,
        "mls": 2,
        "smull": 4,
        "umull": 4,
        "smlal": 6,
        "umlal": 6,
        "sdiv": 7,
        "udiv": 7,
        "isb": 3,
    },
)
