"""Cortex-M4 with FPU."""

from edgeml.targets.emulator.timing.table import Timing

# Arm gives P = 1 to 3 for the refill of the pipeline, and 2 to 12 for a division: the middle of both.
CORTEX_M4 = Timing(
    title="Cortex-M4 TRM, P = 2, no wait states",
    source="Arm 100166, Cortex-M4 Technical Reference Manual, tables 3-1 and 7-1, section 3.3.2",
    refill=2,
    load=2,
    store=2,
    store_immediate=1,  # the write goes on while the next instruction runs
    pipelined=True,
    multiple_base=1,
    fixed={
        "sdiv": 7,
        "udiv": 7,
        "vldr": 2,
        "vstr": 2,
        "vdiv": 14,
        "vsqrt": 14,
        "vmla": 3,
        "vmls": 3,
        "vnmla": 3,
        "vnmls": 3,
        "vfma": 3,
        "vfms": 3,
        "vfnma": 3,
        "vfnms": 3,
        "dsb": 1,
        "isb": 3,
    },
)
