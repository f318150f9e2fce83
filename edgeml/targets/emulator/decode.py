"""Basic blocks to instructions and cycles: static counts of the code times how often it ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from edgeml.extras import require
from edgeml.targets.architectures import ARM, Architecture
from edgeml.targets.emulator.hook import Block
from edgeml.targets.emulator.timing import Instruction, Timing, block_cycles

Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Cost:
    """Instructions and modelled cycles (None without a timing table)."""

    instructions: int
    cycles: int | None


def costs(
    blocks: Iterable[Block], read: Read, architecture: Architecture, timing: Timing | None, layers: int
) -> list[Cost]:
    """Cost of each of `layers` layers. `read(address, size)` gives the code bytes that were executed."""
    instructions = [0] * layers
    cycles = [0] * layers
    decoder = None if timing is None else _Decoder(timing)
    for block in blocks:
        code = read(block.start, block.size)
        instructions[block.layer] += count_instructions(code, architecture) * block.executed
        if timing is not None and decoder is not None:
            fall_through, extra = block_cycles(timing, decoder.decode(code, block.start))
            cycles[block.layer] += fall_through * block.executed + extra * block.taken
    return [Cost(n, c if timing is not None else None) for n, c in zip(instructions, cycles, strict=True)]


def instructions_by_address(blocks: Iterable[Block], read: Read, architecture: Architecture) -> Counter[int]:
    """Executed instructions by the address of the basic block that held them."""
    found: Counter[int] = Counter()
    for block in blocks:
        found[block.start] += count_instructions(read(block.start, block.size), architecture) * block.executed
    return found


def count_instructions(code: bytes, architecture: Architecture) -> int:
    """Number of instructions in `code`."""
    return sum(1 for _ in architecture.boundaries(code))


class _Decoder:
    """Capstone's view of a Thumb instruction reduced to what a timing table asks for."""

    def __init__(self, timing: Timing) -> None:
        capstone, self._arm = require("capstone", "device"), require("capstone.arm", "device")
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | (capstone.CS_MODE_V8 if timing.armv8 else 0)
        self._engine = capstone.Cs(capstone.CS_ARCH_ARM, mode)
        self._engine.detail = True

    def decode(self, code: bytes, address: int) -> Sequence[Instruction]:
        found = []
        in_it = 0
        for at, size in ARM.boundaries(code):
            word = next(self._engine.disasm(code[at : at + size], address + at), None)
            if word is None:  # newer than the disassembler: counted, and takes one cycle
                found.append(Instruction("?", in_it > 0))
                in_it = max(in_it - 1, 0)
                continue
            found.append(self._reduce(word, in_it > 0))
            in_it = len(word.mnemonic) - 1 if _is_it(word.mnemonic) else max(in_it - 1, 0)
        return found

    def _reduce(self, word: Any, in_it: bool) -> Instruction:
        arm = self._arm
        mnemonic = word.mnemonic.split(".")[0]
        registers = [o.reg for o in word.operands if o.type == arm.ARM_OP_REG]
        memory = [o.mem for o in word.operands if o.type == arm.ARM_OP_MEM]
        base = memory[0].base if memory else 0
        writes_pc = arm.ARM_REG_PC in self._written(word, registers)
        conditional = in_it or (word.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID) and mnemonic.startswith("b"))
        if conditional and not in_it:
            mnemonic = "b"
        return Instruction(
            mnemonic,
            conditional or mnemonic in ("cbz", "cbnz"),
            wide=word.mnemonic.endswith(".f64"),
            registers=tuple(registers),
            base=base,
            index=memory[0].index if memory else 0,
            writes_pc=writes_pc,
        )

    def _written(self, word: Any, registers: Sequence[int]) -> Sequence[int]:
        if word.mnemonic.startswith(("pop", "ldm")):
            return registers
        if word.mnemonic.startswith(("ldr", "mov", "add")):
            return registers[:1]
        return ()


def _is_it(mnemonic: str) -> bool:
    return mnemonic.startswith("it") and set(mnemonic[1:]) <= {"t", "e"}
