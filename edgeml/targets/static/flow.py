"""Machine instructions reduced to what a stack analysis asks for: how the stack pointer moves, where control goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeml.extras import require
from edgeml.targets.architectures import Architecture


@dataclass(frozen=True)
class Step:
    """One instruction.

    `grows` is by how many bytes the stack grows (negative: shrinks; None: by an amount that the code computes, which
    for Thumb's `add sp, <by>` a register holds). `jumps` are the addresses that it may go to, `calls` the function
    that it calls, `falls` whether the next instruction may follow, `anywhere` whether a register or a table says where
    it goes. `through` is the register that holds the address of what it calls, or, where it goes anywhere, jumps to.
    """

    size: int
    grows: int | None = 0
    jumps: tuple[int, ...] = ()
    calls: int | None = None
    falls: bool = True
    anywhere: bool = False
    through: str = ""
    by: str = ""


# capstone's names of an architecture and its modes
_KINDS = {
    "arm": ("ARM", ("THUMB", "MCLASS", "V8")),
    "riscv32": ("RISCV", ("RISCV32", "RISCVC")),
    "aarch64": ("ARM64", ("ARM",)),
}


class Reader:
    """Decodes instructions of one architecture, each once and after those before it."""

    def __init__(self, architecture: Architecture) -> None:
        capstone: Any = require("capstone", "device")
        self._architecture = architecture
        arch, modes = _KINDS[architecture.name]
        mode = sum(getattr(capstone, f"CS_MODE_{name}") for name in modes)
        self._engine = capstone.Cs(getattr(capstone, f"CS_ARCH_{arch}"), mode)
        self._engine.detail = True
        # addresses behind an `it`, which makes them conditional
        self._conditional: set[int] = set()

    def step(self, code: bytes, address: int) -> Step:
        """The instruction at the beginning of `code`, which lies at `address`."""
        size = next(iter(self._architecture.boundaries(code)))[1]
        word = next(self._engine.disasm(code[:size], address), None)
        if word is None:
            # newer than the disassembler: arithmetic of a vector unit or a loop's end, which leave the stack alone
            return Step(size)
        if word.mnemonic == "auipc":
            return self._far(word, code[size:], address)
        if self._architecture.name == "riscv32":
            return _riscv(word, size)
        if self._architecture.name == "aarch64":
            return _aarch64(word, size)
        if word.mnemonic.startswith("it") and set(word.mnemonic[1:]) <= {"t", "e"}:
            following = [address + at for at, _ in self._architecture.boundaries(code)]
            self._conditional.update(following[1 : len(word.mnemonic)])
        return _arm(word, size, address in self._conditional)

    def constant(self, register: str, code: bytes, start: int, at: int) -> int | None:
        """What `register` holds at `at`, where 16-bit Thumb instructions just before build it; None when unknown.

        `code` is the function at `start`. For large frames: a literal, or a move, shifts, additions and a negation.
        """
        value: int | None = None
        for where in range(max(start, at - 2 * _LOOK_BACK), at, 2):
            word = next(self._engine.disasm(code[where - start : where - start + 2], where), None)
            registers = [] if word is None else _registers(word)
            if word is not None and registers[:1] == [register]:
                value = _thumb_constant(word, registers, value, code, start)
        return value

    def is_conditional(self, at: int) -> bool:
        """Whether the instruction at `at` stands behind an `it`."""
        return at in self._conditional

    def writes(self, register: str, code: bytes, at: int) -> bool:
        """Whether the instruction at `at`, where `code` begins, may write `register`."""
        size = next(iter(self._architecture.boundaries(code)))[1]
        word = next(self._engine.disasm(code[:size], at), None)
        return word is None or register in {word.reg_name(r) for r in word.regs_access()[1]}

    def loaded(self, register: str, code: bytes, start: int, at: int) -> int | None:
        """The address that the Thumb instruction at `at` loads into `register`: a literal or a movw, movt; else None.

        `code` is the function at `start`.
        """
        word = next(self._engine.disasm(code[at - start : at - start + 4], at), None)
        if word is None or self._architecture.name != "arm" or _registers(word)[:1] != [register]:
            return None
        memory, immediates = _memory(word), _immediates(word)
        if word.mnemonic.startswith("ldr") and memory and word.reg_name(memory[0].base) == "pc":
            place = (at & ~3) + 4 + memory[0].disp - start
            return int.from_bytes(code[place : place + 4], "little")
        if word.mnemonic == "movt" and at - start >= 4:
            low = next(self._engine.disasm(code[at - start - 4 : at - start], at - 4), None)
            if low is not None and low.mnemonic == "movw" and _registers(low) == [register]:
                return (immediates[0] << 16) + _immediates(low)[0]
        return None

    def copied(self, register: str, code: bytes, at: int) -> str | int | None:
        """Where the Thumb instruction at `at` takes `register` from: a register, an offset in the frame, or None."""
        word = self._thumb(code, at)
        if word is None or _registers(word)[:1] != [register]:
            return None
        if word.mnemonic in ("mov", "movs") and len(_registers(word)) == 2:
            return _registers(word)[1]
        return self._slot(word) if word.mnemonic in ("ldr", "ldr.w") else None

    def stored(self, offset: int, code: bytes, at: int) -> str:
        """The register that the Thumb instruction at `at` stores at `offset` in the frame; empty when none."""
        word = self._thumb(code, at)
        stores = word is not None and word.mnemonic in ("str", "str.w") and self._slot(word) == offset
        return _registers(word)[0] if stores else ""

    def _thumb(self, code: bytes, at: int) -> Any:
        size = next(iter(self._architecture.boundaries(code)))[1]
        return next(self._engine.disasm(code[:size], at), None) if self._architecture.name == "arm" else None

    def _slot(self, word: Any) -> int | None:
        memory = _memory(word)
        plain = memory and word.reg_name(memory[0].base) == "sp" and not memory[0].index and not word.writeback
        return int(memory[0].disp) if plain else None

    def _far(self, word: Any, rest: bytes, address: int) -> Step:
        """auipc and the jalr behind it, as one instruction: a call, or a jump where nothing returns."""
        follows = next(self._engine.disasm(rest[:4], address + 4), None)
        if follows is None or follows.mnemonic != "jalr":
            return Step(4)
        link, base = _registers(follows)
        if base != _registers(word)[0]:
            return Step(4)
        target = address + (_immediates(word)[0] << 12) + _immediates(follows)[0] & 0xFFFFFFFF
        return Step(8, jumps=(target,), falls=False) if link == "zero" else Step(8, calls=target)


def _registers(word: Any) -> list[str]:
    return [word.reg_name(o.reg) for o in word.operands if o.type == 1]


def _immediates(word: Any) -> list[int]:
    return [int(o.imm) for o in word.operands if o.type == 2]


def _memory(word: Any) -> list[Any]:
    return [o.mem for o in word.operands if o.type == 3]


# instructions before `add sp, <register>` that may build its value
_LOOK_BACK = 8
# write no register, or none but those of a list: their first operand is read
_ARM_READS = ("str", "stm", "vst", "vld", "ldm", "cmp", "cmn", "tst", "msr")


def _arm(word: Any, size: int, conditional: bool) -> Step:
    arm = require("capstone.arm", "device")
    name, registers, immediates, memory = word.mnemonic, _registers(word), _immediates(word), _memory(word)
    conditional = conditional or word.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    base = word.reg_name(memory[0].base) if memory else ""
    if word.id in (arm.ARM_INS_BL, arm.ARM_INS_BLX):
        return Step(size, calls=immediates[0]) if immediates else Step(size, through=registers[0])
    if word.id in (arm.ARM_INS_B, arm.ARM_INS_CBZ, arm.ARM_INS_CBNZ):
        return Step(size, jumps=(immediates[-1],), falls=conditional or word.id != arm.ARM_INS_B)
    if word.id == arm.ARM_INS_BX and registers == ["lr"]:
        return Step(size, falls=conditional)
    if word.id == arm.ARM_INS_BX:
        return Step(size, falls=conditional, anywhere=True, through=registers[0])
    if word.id in (arm.ARM_INS_TBB, arm.ARM_INS_TBH):
        return Step(size, falls=conditional, anywhere=True)
    if word.id == arm.ARM_INS_UDF:
        return Step(size, falls=False)
    if name.startswith(("push", "vpush")):
        return Step(size, _bytes(registers))
    if name.startswith(("pop", "vpop")):
        # with pc, taken: the function ends; not taken: nothing was popped
        return Step(size, falls=conditional) if "pc" in registers else Step(size, -_bytes(registers))
    if word.writeback and registers[:1] == ["sp"] and not memory:  # ldm sp!, stm sp!
        if "pc" in registers:
            return Step(size, falls=conditional)
        moved = _bytes(registers[1:])
        return Step(size, moved if "stm" in name else -moved)
    if name.startswith("ldr") and registers[:1] == ["pc"]:
        # popped: the return address; else a table, or a place on the stack
        return Step(size, falls=conditional, anywhere=not (base == "sp" and word.writeback))
    if base == "sp" and word.writeback:
        return Step(size, -(immediates[-1] if immediates else memory[0].disp))
    if name.startswith(_ARM_READS):
        return Step(size)
    if registers[:1] == ["pc"]:
        return Step(size, falls=conditional, anywhere=True)
    if registers[:1] != ["sp"]:
        return Step(size)
    by = registers[-1] if name.startswith("add") and not immediates and registers[-1] != "sp" else ""
    return Step(size, None if conditional else _moved(name, registers, immediates), by=by)


def _thumb_constant(word: Any, registers: Sequence[str], value: int | None, code: bytes, start: int) -> int | None:
    name, immediates, memory = word.mnemonic, _immediates(word), _memory(word)
    if name == "ldr" and memory and word.reg_name(memory[0].base) == "pc":
        at = (word.address & ~3) + 4 + memory[0].disp - start
        return int.from_bytes(code[at : at + 4], "little", signed=True)
    if name == "movs" and immediates:
        return immediates[0]
    if value is None or set(registers) != {registers[0]} or not immediates:
        return None
    if name == "lsls":
        return value << immediates[0]
    if name == "adds":
        return value + immediates[-1]
    return -value if name == "rsbs" else None


def _bytes(registers: Sequence[str]) -> int:
    """What pushing these registers takes."""
    return sum({"d": 8, "q": 16}.get(r[0], 4) for r in registers)


def _moved(name: str, registers: Sequence[str], immediates: Sequence[int]) -> int | None:
    """How far `add sp, …` and `sub sp, …` move the stack pointer; None where that is computed."""
    if immediates and all(r == "sp" for r in registers):
        if name.startswith("sub"):
            return immediates[-1]
        if name.startswith("add"):
            return -immediates[-1]
    return None


# name what they read first
_RISCV_STORES = ("sb", "sh", "sw", "sd", "fsw", "fsd", "swsp", "sdsp", "fswsp", "fsdsp")


def _riscv(word: Any, size: int) -> Step:
    name = word.mnemonic.removeprefix("c.")
    registers, immediates = _registers(word), _immediates(word)
    target = word.address + immediates[-1] if immediates else 0
    if name in ("ret", "mret") or (name == "jr" and registers == ["ra"]):
        return Step(size, falls=False)
    if name == "jalr" and registers[0] != "zero":
        return Step(size, through=registers[-1])
    if name in ("jalr", "jr"):
        return Step(size, falls=False, anywhere=True)
    if name == "jal":
        return Step(size, calls=target)
    if name == "j":
        return Step(size, jumps=(target,), falls=False)
    if name.startswith("b"):
        return Step(size, jumps=(target,))
    if name in ("addi", "addi16sp") and registers[:1] == ["sp"]:
        return Step(size, -immediates[-1] if all(r == "sp" for r in registers) else None)
    return Step(size, None if registers[:1] == ["sp"] and name not in _RISCV_STORES else 0)


def _aarch64(word: Any, size: int) -> Step:
    name = word.mnemonic
    registers, immediates, memory = _registers(word), _immediates(word), _memory(word)
    if name == "ret":
        return Step(size, falls=False)
    if name == "bl":
        return Step(size, calls=immediates[0])
    if name == "blr":
        return Step(size, through=registers[0])
    if name == "br":
        return Step(size, falls=False, anywhere=True)
    if name == "b" or name.startswith("b."):
        return Step(size, jumps=(immediates[0],), falls=name != "b")
    if name in ("cbz", "cbnz", "tbz", "tbnz"):
        return Step(size, jumps=(immediates[-1],))
    if memory and word.reg_name(memory[0].base) == "sp" and word.writeback:
        return Step(size, -(immediates[-1] if immediates else memory[0].disp))
    if registers[:1] == ["sp"] and name in ("add", "sub", "mov", "and", "bic"):
        shift = max((o.shift.value for o in word.operands if o.type == 2), default=0)
        moved = _moved(name, registers, immediates)
        return Step(size, None if moved is None else moved << shift)
    return Step(size)
