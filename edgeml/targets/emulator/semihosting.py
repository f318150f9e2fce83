"""Runs a whole firmware with its self-test: semihosting text and exit code, as a debugger would show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import TargetError
from edgeml.extras import require
from edgeml.targets.elf import read_firmware
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.firmware import FLASH_ORIGIN, FLASH_SIZE, RAM_ORIGIN, RAM_SIZE, firmware_core

_BKPT_SEMIHOSTING = 0xBEAB
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
    machine = Machine(read_firmware(elf), firmware_core(core), (FLASH_ORIGIN, FLASH_SIZE), (RAM_ORIGIN, RAM_SIZE))
    arm: Any = require("unicorn.arm_const", "device")
    engine, parts = machine.engine, []
    at = int(engine.reg_read(arm.UC_ARM_REG_PC)) & ~1
    for _ in range(_CALL_LIMIT):
        at = _run_to_breakpoint(engine, arm, at, core)
        operation, argument = (int(engine.reg_read(r)) for r in (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1))
        if operation == _SYS_WRITE0:
            parts.append(_string(engine, argument))
        elif operation == _SYS_EXIT_EXTENDED:
            return FirmwareRun("".join(parts), int.from_bytes(engine.mem_read(argument + 4, 4), "little"))
        else:
            raise TargetError(f"emulated {core}: semihosting call {operation:#x} is not known. Check the firmware.")
        at += 2  # behind the bkpt
    raise TargetError(f"emulated {core}: the firmware made {_CALL_LIMIT} semihosting calls and did not exit.")


def _run_to_breakpoint(engine: Any, arm: Any, start: int, core: str) -> int:
    """Run until a semihosting breakpoint stops the core; returns its address."""
    unicorn: Any = require("unicorn", "device")
    stopped = []

    def interrupt(_engine: Any, number: int, _user: Any) -> None:
        stopped.append(number)
        _engine.emu_stop()

    hook = engine.hook_add(unicorn.UC_HOOK_INTR, interrupt)
    try:
        engine.emu_start(start | 1, 0xFFFFFFFF)
    except unicorn.UcError as error:
        raise TargetError(f"emulated {core}: {error}. Check that the firmware was built for this core.") from None
    finally:
        engine.hook_del(hook)
    at = int(engine.reg_read(arm.UC_ARM_REG_PC)) & ~1
    for address in (at, at - 2):
        if int.from_bytes(engine.mem_read(address, 2), "little") == _BKPT_SEMIHOSTING:
            return address
    raise TargetError(f"emulated {core}: stopped by exception {stopped} at {at:#010x}, not by a semihosting call.")


def _string(engine: Any, address: int) -> str:
    data = bytearray()
    while len(data) < _TEXT_LIMIT and (byte := engine.mem_read(address + len(data), 1)[0]):
        data.append(byte)
    return data.decode("utf-8", "replace")
