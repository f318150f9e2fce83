"""An emulated core: loads a firmware image, runs it to main(), calls its functions."""

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
_NOWHERE = 0xFFFFFFFF


class Machine:
    """One core with flash and RAM as `firmware` was linked for.

    `flash` and `ram` are (origin, size). After construction the core stands at the first instruction of
    main(), as after a reset. Faults raise TargetError with address, function and remedy.
    """

    def __init__(self, firmware: Firmware, core: Core, flash: tuple[int, int], ram: tuple[int, int]) -> None:
        unicorn: Any = require("unicorn", "device")
        self._unicorn, self._firmware, self._core = unicorn, firmware, core
        self._architecture = architecture = core.architecture
        self._constants: Any = require(architecture.constants, "device")
        self.engine: Any = unicorn.Uc(
            getattr(unicorn, f"UC_ARCH_{architecture.unicorn}"), getattr(unicorn, f"UC_MODE_{architecture.mode}")
        )
        self.engine.ctl_set_cpu_model(getattr(self._constants, f"UC_CPU_{core.unicorn_model}"))
        read_write = unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE
        self.engine.mem_map(flash[0], _pages(flash[1]), unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self.engine.mem_map(ram[0], _pages(ram[1]), read_write)
        for address, size in architecture.devices:
            self.engine.mem_map(address, _pages(size), read_write)
        for address, data in firmware.segments:
            self.engine.mem_write(address, data)
        self._set(architecture.sp, firmware.address("edgeml_stack_top"))
        self._main = firmware.address("main")
        self._go(firmware.address("Reset_Handler"), self._main)
        self._main_stack = self._get(architecture.sp)

    def count_with(self, counter: Counter) -> None:
        """Count every basic block from now on."""
        # code translated before a hook existed would run without it
        self.engine.ctl_flush_tb()
        counter.attach(self.engine)

    def call(self, name: str, arguments: Sequence[int] = ()) -> None:
        """Call the function `name` with integers or pointers, on the stack as main() found it.

        It returns to the first instruction of main(), where the run ends.
        """
        self._prepare(arguments)
        self._go(self._firmware.address(name), self._main)

    def call_in_steps(self, name: str, stops: Sequence[int]) -> Iterator[None]:
        """Like `call`, but pauses before each address in `stops`, in this order, and at the end."""
        self._prepare(())
        at = self._firmware.address(name)
        for stop in (*stops, self._main):
            if at == stop:
                # two stops may share an address: one instruction further it is the next time that counts
                self.engine.emu_start(at | self._architecture.code_bit, _NOWHERE, count=1)
                at = self.pc
            # code translated while the end was elsewhere would run past this stop
            self.engine.ctl_flush_tb()
            self._go(at, stop)
            at = stop
            yield
        self.engine.ctl_flush_tb()

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self._get("PC") & ~self._architecture.code_bit

    def argument(self, number: int) -> int:
        """The register that passes the argument `number`."""
        return self._get(self._architecture.arguments[number])

    def run_to_breakpoint(self, start: int) -> int:
        """Run from `start` until a semihosting call stops the core; the address behind that call."""
        stopped: list[Any] = []

        def interrupt(engine: Any, number: int, _user: Any) -> None:
            stopped.append(number)
            engine.emu_stop()

        hook = self.engine.hook_add(self._unicorn.UC_HOOK_INTR, interrupt)
        try:
            self.engine.emu_start(start | self._architecture.code_bit, _NOWHERE)
        except self._unicorn.UcError as error:
            # some cores of the emulator report a breakpoint so
            stopped.append(error)
        finally:
            self.engine.hook_del(hook)
        code, before = self._architecture.breakpoint, self._architecture.stops_at
        for address in (self.pc - before, self.pc - before - 2):
            if address >= 0 and self.read_at(address, len(code)) == code:
                return address + len(code)
        raise self._fault(f"stopped by {stopped}, which is no semihosting call")

    def write(self, name: str, data: bytes) -> None:
        """Copy `data` to the variable `name`."""
        self.write_at(self._firmware.address(name), data)

    def read(self, name: str, size: int) -> bytes:
        """`size` bytes from the variable `name`."""
        return self.read_at(self._firmware.address(name), size)

    def write_at(self, address: int, data: bytes) -> None:
        """Copy `data` to `address`."""
        self.engine.mem_write(address, data)

    def read_at(self, address: int, size: int) -> bytes:
        """`size` bytes from `address`."""
        return bytes(self.engine.mem_read(address, size))

    def stack_bytes(self) -> int:
        """Deepest stack so far: what lost its paint, from the top of the stack down."""
        bottom, top = self._firmware.address("edgeml_stack_limit"), self._firmware.address("edgeml_stack_top")
        words = np.frombuffer(self.read_at(bottom, (top - bottom) & ~3), "<u4")
        used = np.flatnonzero(words != STACK_PAINT)
        return 0 if len(used) == 0 else top - (bottom + 4 * int(used[0]))

    def _prepare(self, arguments: Sequence[int]) -> None:
        """Registers and stack for a call from main()."""
        registers, word = self._architecture.arguments, self._architecture.word
        rest = arguments[len(registers) :]
        stack = (self._main_stack - word * len(rest)) & -self._architecture.stack_alignment
        self.write_at(stack, b"".join(value.to_bytes(word, "little") for value in rest))
        for register, value in zip(registers, arguments, strict=False):
            self._set(register, value)
        self._set(self._architecture.sp, stack)
        self._set(self._architecture.link, self._main | self._architecture.code_bit)

    def _go(self, start: int, until: int) -> None:
        try:
            self.engine.emu_start(start | self._architecture.code_bit, until)
        except self._unicorn.UcError as error:
            raise self._fault(str(error)) from None
        if self.pc != until:
            raise self._fault("the core stopped before the function returned")

    def _register(self, name: str) -> int:
        return int(getattr(self._constants, f"UC_{self._architecture.unicorn}_REG_{name}"))

    def _get(self, register: str) -> int:
        return int(self.engine.reg_read(self._register(register)))

    def _set(self, register: str, value: int) -> None:
        self.engine.reg_write(self._register(register), value)

    def _fault(self, reason: str) -> TargetError:
        at = self.pc
        reason = reason.split(" (UC_ERR")[0]
        return TargetError(
            f"emulated {self._core.name}: fault at pc {at:#010x} in {self._firmware.function_at(at)}: {reason}. "
            "Check that the firmware was built for this core, with enough RAM for its arena and stack."
        )


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
