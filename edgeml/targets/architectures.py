"""The instruction sets that firmware is emulated for: registers, calling convention, lengths of instructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Lengths = Literal["thumb", "riscv", "four"]


@dataclass(frozen=True)
class Architecture:
    """What an emulator must know to start a core and to call its functions.

    `unicorn` names the constants `UC_ARCH_<unicorn>`, `UC_CPU_<unicorn>_<model>` and `UC_<unicorn>_REG_<register>`
    of the module `constants`; `mode` is a `UC_MODE_…`. `arguments` are the registers of a call's first arguments,
    the others lie on the stack. `word` is the size of a pointer in bytes, `code_bit` what an address of code carries
    in bit 0. `devices` are (address, size) that startup code writes. `breakpoint` is the code of a semihosting call,
    of which `stops_at` bytes lie before the instruction that stops the core.
    """

    name: str
    unicorn: str
    mode: str
    constants: str
    sp: str
    link: str
    arguments: tuple[str, ...]
    word: int
    lengths: Lengths
    breakpoint: bytes
    stops_at: int = 0
    code_bit: int = 0
    stack_alignment: int = 8
    devices: tuple[tuple[int, int], ...] = ()

    def boundaries(self, code: bytes) -> Iterator[tuple[int, int]]:
        """Offset and size of each instruction in `code`."""
        at = 0
        while at < len(code):
            size = self._length(code, at)
            yield at, size
            at += size

    def _length(self, code: bytes, at: int) -> int:
        if self.lengths == "thumb":
            # a halfword beginning 0b11101, 0b11110 or 0b11111 begins a 32-bit instruction
            return 4 if code[at + 1] >> 3 >= 0b11101 else 2
        if self.lengths == "riscv":
            # the two lowest bits are 0b11 in all but the compressed instructions
            return 4 if code[at] & 3 == 3 else 2
        return 4


ARM = Architecture(
    "arm",
    unicorn="ARM",
    mode="THUMB",  # never MCLASS: it silently makes every core a Cortex-M33
    constants="unicorn.arm_const",
    sp="SP",
    link="LR",
    arguments=("R0", "R1", "R2", "R3"),
    word=4,
    lengths="thumb",
    breakpoint=b"\xab\xbe",  # bkpt 0xAB
    code_bit=1,
    devices=((0xE000E000, 0x1000),),  # system control: CPACR switches the FPU on
)

RISCV32 = Architecture(
    "riscv32",
    unicorn="RISCV",
    mode="RISCV32",
    constants="unicorn.riscv_const",
    sp="SP",
    link="RA",
    arguments=tuple(f"A{i}" for i in range(8)),
    word=4,
    lengths="riscv",
    # slli x0, x0, 0x1F; ebreak; srai x0, x0, 7
    breakpoint=bytes.fromhex("1310f001 73001000 13507040"),
    stops_at=4,
    stack_alignment=16,
)

AARCH64 = Architecture(
    "aarch64",
    unicorn="ARM64",
    mode="ARM",
    constants="unicorn.arm64_const",
    sp="SP",
    link="X30",
    arguments=tuple(f"X{i}" for i in range(8)),
    word=8,
    lengths="four",
    breakpoint=bytes.fromhex("00005ed4"),  # hlt 0xF000
    stack_alignment=16,
)
