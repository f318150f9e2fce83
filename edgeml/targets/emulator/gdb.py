"""GDB's remote protocol over a pair of pipes: just what drives a stopped processor (GDB manual, appendix E)."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Sequence
from pathlib import Path

from edgeml.errors import TargetError

# bytes a packet: QEMU's buffer holds 4096 characters, two for each byte
_CHUNK = 1984
_SECONDS = 600.0
# the program left, and the process with it: nobody waits for an acknowledgement
_LEFT = (b"W", b"X")


class Gdb:
    """A process that speaks the protocol on its standard input and output, as `qemu -gdb stdio` does."""

    def __init__(self, command: Sequence[str], errors: Path) -> None:
        """Start `command`; what it says on its standard error goes to the file `errors`."""
        self._errors = errors
        self._buffer = b""
        with errors.open("wb") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file)
        # QEMU writes single registers only for who asked for their description
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def ask(self, packet: str) -> str:
        """Send `packet` and return the answer."""
        data = packet.encode()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"$%s#%02x" % (data, sum(data) & 255))
            self._process.stdin.flush()
            return self._answer()
        except OSError:
            raise self._gone() from None

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes of memory."""
        parts = []
        for at in range(address, address + size, _CHUNK):
            count = min(_CHUNK, address + size - at)
            answer = self.ask(f"m{at:x},{count:x}")
            if len(answer) != 2 * count:
                raise TargetError(f"emulator: cannot read {count} bytes at {at:#010x}.")
            parts.append(bytes.fromhex(answer))
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Copy `data` to memory."""
        for at in range(0, len(data), _CHUNK):
            part = data[at : at + _CHUNK]
            self._expect(f"M{address + at:x},{len(part):x}:{part.hex()}")

    def register(self, number: int) -> int:
        """A 32-bit register."""
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def set_register(self, number: int, value: int) -> None:
        """Write a 32-bit register."""
        self._expect(f"P{number:x}={value.to_bytes(4, 'little').hex()}")

    def run(self, breakpoints: Sequence[int]) -> str:
        """Run until one of the addresses is next, or the program leaves; the stop packet."""
        for address in breakpoints:
            self._expect(f"Z0,{address:x},2")
        answer = self.ask("c")
        if not answer.startswith(("W", "X")):
            for address in breakpoints:
                self._expect(f"z0,{address:x},2")
        return answer

    def step(self) -> None:
        """Execute one instruction."""
        self.ask("s")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # what was not sent yet has no reader any more
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _expect(self, packet: str) -> None:
        answer = self.ask(packet)
        if answer != "OK":
            raise TargetError(f"emulator: refused '{packet.partition(':')[0]}' ({answer or 'not supported'}).")

    def _answer(self) -> str:
        assert self._process.stdout is not None and self._process.stdin is not None
        pipe = self._process.stdout.fileno()
        while True:
            start = self._buffer.find(b"$")
            end = self._buffer.find(b"#", start)
            if start >= 0 and 0 <= end <= len(self._buffer) - 3:
                found, self._buffer = self._buffer[start + 1 : end], self._buffer[end + 3 :]
                if not found.startswith(_LEFT):
                    self._process.stdin.write(b"+")
                    self._process.stdin.flush()
                return found.decode()
            if not select.select([pipe], [], [], _SECONDS)[0]:
                raise TargetError(f"emulator: did not stop within {_SECONDS:g} s. Does the program end?")
            data = os.read(pipe, 1 << 16)
            if not data:
                raise self._gone()
            self._buffer += data

    def _gone(self) -> TargetError:
        self.close()
        lines = [line for line in self._errors.read_text(errors="replace").splitlines() if line.strip()]
        return TargetError(f"emulator: ended without a word. {lines[0] if lines else 'It printed nothing.'}")
