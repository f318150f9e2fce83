"""Runs a whole firmware with its self-test: semihosting text and exit code, as a debugger would show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeml.errors import TargetError
from edgeml.targets.elf import read_firmware
from edgeml.targets.emulator.boot import boot
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.emulator.qemu_machine import QemuMachine
from edgeml.targets.emulator.unicorn_machine import UnicornMachine
from edgeml.targets.firmware import firmware_core

_SYS_WRITE0, _SYS_EXIT_EXTENDED = 0x04, 0x20
_TEXT_LIMIT = 1 << 16
_CALL_LIMIT = 100_000


@dataclass(frozen=True)
class FirmwareRun:
    """What the firmware printed and the code it left with (0 = self-test passed)."""

    text: str
    exit_code: int


def run_firmware(elf: Path, core: str) -> FirmwareRun:
    """Run `elf` on the emulated `core` from reset until it exits over semihosting; TargetError on a fault."""
    chosen = firmware_core(core)
    machine = boot(read_firmware(elf), chosen)
    if isinstance(machine, QemuMachine):
        return FirmwareRun(*machine.run_to_exit())
    assert isinstance(machine, UnicornMachine)
    parts, at, word = [], machine.pc, chosen.architecture.word
    for _ in range(_CALL_LIMIT):
        at = machine.run_to_breakpoint(at)
        operation, argument = machine.argument(0), machine.argument(1)
        if operation == _SYS_WRITE0:
            parts.append(_string(machine, argument))
        elif operation == _SYS_EXIT_EXTENDED:
            return FirmwareRun("".join(parts), int.from_bytes(machine.read_at(argument + word, 4), "little"))
        else:
            raise TargetError(f"emulated {core}: semihosting call {operation:#x} is not known. Check the firmware.")
    raise TargetError(f"emulated {core}: the firmware made {_CALL_LIMIT} semihosting calls and did not exit.")


def _string(machine: Machine, address: int) -> str:
    data = bytearray()
    while len(data) < _TEXT_LIMIT and (byte := machine.read_at(address + len(data), 1)[0]):
        data.append(byte)
    return data.decode("utf-8", "replace")
