"""An emulated microcontroller: loads a firmware image, runs it to main(), calls its functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgeml.errors import TargetError
from edgeml.extras import require
from edgeml.targets.cores import Core
from edgeml.targets.elf import Firmware
from edgeml.targets.emulator.hook import Counter

STACK_PAINT = 0xEDEDEDED  # firmware_stub/firmware.h
_PAGE = 0x1000
_SYSTEM_CONTROL = 0xE000E000  # CPACR, which switches the FPU on, lies here


class Machine:
    """One core with flash and RAM as `firmware` was linked for.

    `flash` and `ram` are (origin, size). After construction the core stands at the first instruction of
    main(), as after a reset. Faults raise TargetError with address, function and remedy.
    """

    def __init__(self, firmware: Firmware, core: Core, flash: tuple[int, int], ram: tuple[int, int]) -> None:
        self._unicorn: Any = require("unicorn", "device")
        self._arm: Any = require("unicorn.arm_const", "device")
        self._firmware, self._core = firmware, core
        # never UC_MODE_MCLASS: it silently makes every core a Cortex-M33
        self.engine: Any = self._unicorn.Uc(self._unicorn.UC_ARCH_ARM, self._unicorn.UC_MODE_THUMB)
        self.engine.ctl_set_cpu_model(getattr(self._arm, f"UC_CPU_ARM_{core.unicorn_model}"))
        read_execute = self._unicorn.UC_PROT_READ | self._unicorn.UC_PROT_EXEC
        read_write = self._unicorn.UC_PROT_READ | self._unicorn.UC_PROT_WRITE
        self.engine.mem_map(flash[0], _pages(flash[1]), read_execute)
        self.engine.mem_map(ram[0], _pages(ram[1]), read_write)
        self.engine.mem_map(_SYSTEM_CONTROL, _PAGE, read_write)
        for address, data in firmware.segments:
            self.engine.mem_write(address, data)
        stack, reset = np.frombuffer(self.engine.mem_read(flash[0], 8), "<u4")
        self.engine.reg_write(self._arm.UC_ARM_REG_SP, int(stack))
        self._main = firmware.address("main")
        self._go(int(reset), self._main)
        self._main_stack = int(self.engine.reg_read(self._arm.UC_ARM_REG_SP))

    def count_with(self, counter: Counter) -> None:
        """Count every basic block from now on."""
        # code translated before a hook existed would run without it
        self.engine.ctl_flush_tb()
        counter.attach(self.engine)

    def call(self, name: str) -> None:
        """Call the function `name` with no arguments, on the stack as main() found it.

        It returns to the first instruction of main(), where the run ends.
        """
        self.engine.reg_write(self._arm.UC_ARM_REG_SP, self._main_stack)
        self.engine.reg_write(self._arm.UC_ARM_REG_LR, self._main | 1)
        self._go(self._firmware.address(name), self._main)

    def call_in_steps(self, name: str, stops: Sequence[int]) -> Iterator[None]:
        """Like `call`, but pauses before each address in `stops`, in this order, and at the end."""
        self.engine.reg_write(self._arm.UC_ARM_REG_SP, self._main_stack)
        self.engine.reg_write(self._arm.UC_ARM_REG_LR, self._main | 1)
        at = self._firmware.address(name)
        for stop in (*stops, self._main):
            if at == stop:
                # two stops may share an address: one instruction further it is the next time that counts
                self.engine.emu_start(at | 1, 0xFFFFFFFF, count=1)
                at = int(self.engine.reg_read(self._arm.UC_ARM_REG_PC)) & ~1
            # code translated while the end was elsewhere would run past this stop
            self.engine.ctl_flush_tb()
            self._go(at, stop)
            at = stop
            yield
        self.engine.ctl_flush_tb()

    def write(self, name: str, data: bytes) -> None:
        """Copy `data` to the variable `name`."""
        self.engine.mem_write(self._firmware.address(name), data)

    def read(self, name: str, size: int) -> bytes:
        """`size` bytes from the variable `name`."""
        return bytes(self.engine.mem_read(self._firmware.address(name), size))

    def stack_bytes(self) -> int:
        """Deepest stack so far: what lost its paint, from the top of the stack down."""
        bottom, top = self._firmware.address("edgeml_stack_limit"), self._firmware.address("edgeml_stack_top")
        words = np.frombuffer(self.engine.mem_read(bottom, (top - bottom) & ~3), "<u4")
        used = np.flatnonzero(words != STACK_PAINT)
        return 0 if len(used) == 0 else top - (bottom + 4 * int(used[0]))

    def _go(self, start: int, until: int) -> None:
        try:
            self.engine.emu_start(start | 1, until)
        except self._unicorn.UcError as error:
            raise self._fault(str(error)) from None
        at = int(self.engine.reg_read(self._arm.UC_ARM_REG_PC)) & ~1
        if at != until:
            raise self._fault("the core stopped before the function returned")

    def _fault(self, reason: str) -> TargetError:
        at = int(self.engine.reg_read(self._arm.UC_ARM_REG_PC)) & ~1
        reason = reason.split(" (UC_ERR")[0]
        return TargetError(
            f"emulated {self._core.name}: fault at pc {at:#010x} in {self._firmware.function_at(at)}: {reason}. "
            "Check that the firmware was built for this core, with enough RAM for its arena and stack."
        )


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
