"""Firmware to counted run: an emulated core, exact instructions, modelled cycles, each for every layer."""

from edgeml.targets.emulator.semihosting import FirmwareRun, run_firmware
from edgeml.targets.emulator.target import EmulatedTarget, Profile

__all__ = ["EmulatedTarget", "FirmwareRun", "Profile", "run_firmware"]
