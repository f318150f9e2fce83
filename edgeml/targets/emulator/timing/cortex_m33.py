"""Cortex-M33: Arm publishes no table for it, so it borrows the Cortex-M4's, and the name says so."""

from dataclasses import replace

from edgeml.targets.emulator.timing.cortex_m4 import CORTEX_M4

CORTEX_M33 = replace(
    CORTEX_M4,
    title="Cortex-M4 TRM as an estimate for Cortex-M33, P = 2, no wait states",
    source=f"{CORTEX_M4.source}; Arm publishes no instruction timing of the Cortex-M33",
    armv8=True,
)
