"""A core that unicorn emulates, inside this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgeml.errors import TargetError
from edgeml.extras import require
from edgeml.targets.cores import Core
from edgeml.targets.elf import Firmware
from edgeml.targets.emulator.hook import Block, Counter, Entries, make_counter
from edgeml.targets.emulator.machine import Machine

_PAGE = 0x1000
_NOWHERE = 0xFFFFFFFF


class UnicornMachine(Machine):
    """`counted` are the layers to be told apart when blocks are counted; `native` forces one of the two hooks."""

    def __init__(
        self, firmware: Firmware, core: Core, counted: Entries | None = None, *, native: bool | None = None
    ) -> None:
        super().__init__(firmware, core)
        self._counter: Counter | None = make_counter(counted, native=native) if counted else None
        unicorn: Any = require("unicorn", "device")
        self._unicorn, architecture = unicorn, core.architecture
        self._constants: Any = require(architecture.constants, "device")
        self.engine: Any = unicorn.Uc(
            getattr(unicorn, f"UC_ARCH_{architecture.unicorn}"), getattr(unicorn, f"UC_MODE_{architecture.mode}")
        )
        self.engine.ctl_set_cpu_model(getattr(self._constants, f"UC_CPU_{core.unicorn_model}"))
        read_write = unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE
        self.engine.mem_map(core.flash[0], _pages(core.flash[1]), unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for address, size in (core.ram, *architecture.devices):
            self.engine.mem_map(address, _pages(size), read_write)
        self.boot()

    def start_counting(self) -> None:
        """Count every basic block from now on."""
        # code translated before a hook existed would run without it
        self.engine.ctl_flush_tb()
        if self._counter is not None:
            self._counter.attach(self.engine)

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""
        return [] if self._counter is None else self._counter.blocks()

    def write_at(self, address: int, data: bytes) -> None:
        """Copy `data` to `address`."""
        self.engine.mem_write(address, data)

    def read_at(self, address: int, size: int) -> bytes:
        """`size` bytes from `address`."""
        return bytes(self.engine.mem_read(address, size))

    def call_in_steps(self, name: str, stops: Sequence[int]) -> Iterator[None]:
        """Like `call`, but pauses before each address in `stops`, in this order, and at the end."""
        # code translated while the end was elsewhere would run past the next stop
        self.engine.ctl_flush_tb()
        for _ in super().call_in_steps(name, stops):
            self.engine.ctl_flush_tb()
            yield

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

    def _go(self, start: int, until: int) -> None:
        try:
            self.engine.emu_start(start | self._architecture.code_bit, until)
        except self._unicorn.UcError as error:
            raise self._failure(str(error)) from None
        if self.pc != until:
            raise self._failure("the core stopped before the function returned")

    def _step(self, start: int) -> None:
        self.engine.emu_start(start | self._architecture.code_bit, _NOWHERE, count=1)
        self.engine.ctl_flush_tb()

    def _register(self, name: str) -> int:
        return int(getattr(self._constants, f"UC_{self._architecture.unicorn}_REG_{name}"))

    def _get(self, register: str) -> int:
        return int(self.engine.reg_read(self._register(register)))

    def _set(self, register: str, value: int) -> None:
        self.engine.reg_write(self._register(register), value)

    def _failure(self, reason: str) -> TargetError:
        return self._fault(reason.split(" (UC_ERR")[0])


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
