"""A core that qemu-system-arm emulates, in a process of its own, driven as a debugger would."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from edgeml.errors import TargetError
from edgeml.targets.cores import Core
from edgeml.targets.elf import Firmware
from edgeml.targets.emulator.gdb import Gdb
from edgeml.targets.emulator.hook import Block, Entries
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.emulator.plugin import PluginCounter
from edgeml.targets.qemu import COMMAND, find_qemu

_NUMBERS = {**{f"R{i}": i for i in range(13)}, "SP": 13, "LR": 14, "PC": 15, "XPSR": 25}
_THUMB = 1 << 24
_VECTORS = 64  # bytes of startup.c's table
# of an exception's frame: R0-R3, R12, LR, the address of what failed
_FRAME_PC = 24


class QemuMachine(Machine):
    """`counted` are the layers to be told apart when blocks are counted.

    Semihosting text goes to a file, so that standard output is the debugger's. ToolchainError without QEMU.
    """

    def __init__(self, firmware: Firmware, core: Core, counted: Entries | None = None) -> None:
        super().__init__(firmware, core)
        version = find_qemu()
        folder = Path(tempfile.mkdtemp(prefix="edgeml-"))
        self._console = folder / "console"
        try:
            self._counter = PluginCounter(counted, folder, version) if counted else None
            self._gdb = Gdb(self._command(), folder / "errors")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(self, _end, self._gdb, folder)
        self._handler = firmware.address("Default_Handler")
        # after a reset the processor looks for its handlers at 0, wherever the image lies
        self.write_at(0, b"".join(data[:_VECTORS] for at, data in firmware.segments if at == core.flash[0]))
        self.boot()

    def start_counting(self) -> None:
        """Count every basic block from now on."""
        if self._counter is not None:
            self._counter.count()

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""
        return [] if self._counter is None else self._counter.blocks()

    def write_at(self, address: int, data: bytes) -> None:
        """Copy `data` to `address`."""
        self._gdb.write(address, data)

    def read_at(self, address: int, size: int) -> bytes:
        """`size` bytes from `address`."""
        return self._gdb.read(address, size)

    def run_to_exit(self) -> tuple[str, int]:
        """Run until the firmware leaves over semihosting: its text and its exit code."""
        stop = self._gdb.run([self._handler])
        if not stop.startswith("W"):
            raise self._exception()
        return self._console.read_text(errors="replace"), int(stop[1:3], 16)

    def _go(self, start: int, until: int) -> None:
        self._set("PC", start)
        self._set("XPSR", _THUMB)
        stop = self._gdb.run([until, self._handler])
        if stop.startswith(("W", "X")):
            raise TargetError(f"emulated {self._core.name}: the firmware left before the function returned.")
        if self.pc == self._handler:
            raise self._exception()
        if self.pc != until:
            raise self._fault("the core stopped before the function returned")

    def _step(self, start: int) -> None:
        self._set("PC", start)
        self._gdb.step()

    def _get(self, register: str) -> int:
        return self._gdb.register(_NUMBERS[register])

    def _set(self, register: str, value: int) -> None:
        self._gdb.set_register(_NUMBERS[register], value)

    def _exception(self) -> TargetError:
        number = self._get("XPSR") & 0x1FF
        at = int.from_bytes(self.read_at(self._get("SP") + _FRAME_PC, 4), "little")
        return self._fault(f"exception {number}", at)

    def _command(self) -> list[str]:
        command = [COMMAND, "-M", str(self._core.qemu_machine), "-display", "none", "-monitor", "none"]
        command += ["-serial", "none", "-S", "-gdb", "stdio", "-chardev", f"file,id=console,path={self._console}"]
        command += ["-semihosting-config", "enable=on,target=native,chardev=console"]
        return [*command, *(self._counter.arguments if self._counter else ())]


def _end(gdb: Gdb, folder: Path) -> None:
    gdb.close()
    shutil.rmtree(folder, ignore_errors=True)
