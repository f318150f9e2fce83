"""The emulator that runs a core."""

from __future__ import annotations

from edgeml.targets.cores import Core
from edgeml.targets.elf import Firmware
from edgeml.targets.emulator.hook import Entries
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.emulator.qemu_machine import QemuMachine
from edgeml.targets.emulator.unicorn_machine import UnicornMachine


def boot(firmware: Firmware, core: Core, counted: Entries | None = None, *, native: bool | None = None) -> Machine:
    """`core` with `firmware`, at the first instruction of main().

    With `counted`, the layers to be told apart, its basic blocks can be counted; `native` forces unicorn's compiled or
    Python hook. ToolchainError without the emulator.
    """
    if core.emulator == "qemu":
        return QemuMachine(firmware, core, counted)
    return UnicornMachine(firmware, core, counted, native=native)
