"""An emulated core: loads a firmware image, runs it to main(), calls its functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgeml.errors import TargetError
from edgeml.targets.cores import Core
from edgeml.targets.elf import Firmware
from edgeml.targets.emulator.hook import Block

STACK_PAINT = 0xEDEDEDED  # firmware_stub/firmware.h


class Machine:
    """One core with the flash and RAM that `firmware` was linked for; emulators fill in how it runs.

    After `boot` the core stands at the first instruction of main(), as after a reset. Faults raise TargetError
    with address, function and remedy.
    """

    def __init__(self, firmware: Firmware, core: Core) -> None:
        self._firmware, self._core, self._architecture = firmware, core, core.architecture
        self._main = firmware.address("main")
        self._main_stack = 0

    # -- what an emulator must do

    def start_counting(self) -> None:
        """Count every basic block from now on."""
        raise NotImplementedError

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""
        raise NotImplementedError

    def write_at(self, address: int, data: bytes) -> None:
        """Copy `data` to `address`."""
        raise NotImplementedError

    def read_at(self, address: int, size: int) -> bytes:
        """`size` bytes from `address`."""
        raise NotImplementedError

    def _get(self, register: str) -> int:
        raise NotImplementedError

    def _set(self, register: str, value: int) -> None:
        raise NotImplementedError

    def _go(self, start: int, until: int) -> None:
        """Run from `start` until `until` is next."""
        raise NotImplementedError

    def _step(self, start: int) -> None:
        """Execute the instruction at `start`."""
        raise NotImplementedError

    # -- what follows from that

    def boot(self) -> None:
        """Load the image and run it from reset to main()."""
        for address, data in self._firmware.segments:
            self.write_at(address, data)
        self._set(self._architecture.sp, self._firmware.address("edgeml_stack_top"))
        self._go(self._firmware.address("Reset_Handler"), self._main)
        self._main_stack = self._get(self._architecture.sp)

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
                self._step(at)
                at = self.pc
            self._go(at, stop)
            at = stop
            yield

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self._get("PC") & ~self._architecture.code_bit

    def argument(self, number: int) -> int:
        """The register that passes the argument `number`."""
        return self._get(self._architecture.arguments[number])

    def write(self, name: str, data: bytes, offset: int = 0) -> None:
        """Copy `data` to the variable `name`, from its byte `offset` on."""
        self.write_at(self._firmware.address(name) + offset, data)

    def read(self, name: str, size: int, offset: int = 0) -> bytes:
        """`size` bytes from the variable `name`, from its byte `offset` on."""
        return self.read_at(self._firmware.address(name) + offset, size)

    @property
    def startup_stack(self) -> int:
        """What lies on the stack when main() is called."""
        return self._firmware.address("edgeml_stack_top") - self._main_stack

    def stack_bytes(self) -> int:
        """Deepest stack so far: what lost its paint, from the top of the stack down."""
        bottom, top = self._firmware.address("edgeml_stack_limit"), self._firmware.address("edgeml_stack_top")
        # from the top down, in pieces: of the memory below only a little is ever used
        paint = np.uint32(STACK_PAINT)
        high = low = bottom + ((top - bottom) & ~3)
        deepest = high
        while low > bottom:
            low = max(bottom, low - 4096)
            words = np.frombuffer(self.read_at(low, high - low), "<u4")
            used = np.flatnonzero(words != paint)
            if len(used) == 0:
                break
            deepest, high = low + 4 * int(used[0]), low
        return top - deepest

    def _prepare(self, arguments: Sequence[int]) -> None:
        """Registers and stack for a call from main()."""
        registers, word = self._architecture.arguments, self._architecture.word
        rest = arguments[len(registers) :]
        stack = (self._main_stack - word * len(rest)) & -self._architecture.stack_alignment
        if rest:
            self.write_at(stack, b"".join(value.to_bytes(word, "little") for value in rest))
        for register, value in zip(registers, arguments, strict=False):
            self._set(register, value)
        self._set(self._architecture.sp, stack)
        self._set(self._architecture.link, self._main | self._architecture.code_bit)

    def _fault(self, reason: str, at: int | None = None) -> TargetError:
        at = self.pc if at is None else at
        return TargetError(
            f"emulated {self._core.name}: fault at pc {at:#010x} in {self._firmware.function_at(at)}: {reason}. "
            "Check that the firmware was built for this core, with enough RAM for its arena and stack."
        )
