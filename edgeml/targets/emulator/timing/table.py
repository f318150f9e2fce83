"""What a timing table holds, and how a basic block is summed with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Instruction:
    """One decoded instruction; registers and memory operands are the disassembler's numbers, 0 for none."""

    mnemonic: str
    conditional: bool = False
    wide: bool = False  # double precision
    registers: tuple[int, ...] = ()
    base: int = 0
    index: int = 0
    writes_pc: bool = False


@dataclass(frozen=True)
class Timing:
    """Cycles of one core. What no entry names takes one cycle.

    `refill` is what a taken branch adds (the P of Arm's tables); `pipelined` tells that a load or store right
    after another one takes one cycle less, unless its address is the value just loaded. `fixed` goes by
    mnemonic; `pop_pc` and `call` are whole costs where they differ from the sum of their parts.
    """

    title: str
    source: str
    refill: int
    load: int = 2
    store: int = 2
    store_immediate: int = 2
    pipelined: bool = False
    multiple_base: int = 1
    pop_pc_extra: int | None = None
    call: int | None = None
    fixed: Mapping[str, int] = field(default_factory=dict)
    armv8: bool = False


_MULTIPLE = ("push", "pop", "ldm", "stm", "vpush", "vpop", "vldm", "vstm")
_SINGLE_LOADS = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh")
_SINGLE_STORES = ("str", "strb", "strh")
_BRANCHES = ("b", "bx", "blx", "cbz", "cbnz")
_TABLE_BRANCHES = ("tbb", "tbh")


def block_cycles(timing: Timing, block: Sequence[Instruction]) -> tuple[int, int]:
    """Cycles of a block that falls through (or always jumps), and what a taken conditional branch adds."""
    total = extra = 0
    previous: Instruction | None = None
    for instruction in block:
        cycles, jump = _cycles(timing, instruction, previous)
        if instruction.conditional:
            total, extra = total + cycles, jump
        else:
            total += cycles + jump
        previous = instruction
    # only the last instruction of a block can jump
    return total, extra


def _cycles(timing: Timing, i: Instruction, previous: Instruction | None) -> tuple[int, int]:
    """Cycles without the jump, and those that the jump adds if it is taken."""
    name = i.mnemonic
    if name in _BRANCHES:
        return 1, timing.refill
    if name == "bl":
        return (1, timing.refill) if timing.call is None else (timing.call, 0)
    if name in _TABLE_BRANCHES:
        return 2, timing.refill
    if name.startswith(_MULTIPLE):
        return _multiple(timing, i)
    jump = timing.refill if i.writes_pc else 0
    if name in ("ldrd", "strd"):
        return 3, jump
    if name in _SINGLE_LOADS or name in _SINGLE_STORES:
        return _single(timing, i, previous), jump
    return timing.fixed.get(name, 1), jump


def _multiple(timing: Timing, i: Instruction) -> tuple[int, int]:
    # push and pop list their registers alone, the others name the base register first
    count = len(i.registers) - (0 if i.mnemonic.endswith(("push", "pop")) else 1)
    if i.mnemonic.startswith("v") and i.wide:
        count *= 2
    jump = 0
    if i.writes_pc:
        jump = timing.refill if timing.pop_pc_extra is None else timing.pop_pc_extra
    return timing.multiple_base + count, jump


def _single(timing: Timing, i: Instruction, previous: Instruction | None) -> int:
    is_store = i.mnemonic in _SINGLE_STORES
    full = (timing.store if i.index else timing.store_immediate) if is_store else timing.load
    if not timing.pipelined or previous is None or full == 1:
        return full
    after_load = previous.mnemonic in _SINGLE_LOADS
    if not after_load and previous.mnemonic not in _SINGLE_STORES:
        return full
    waits = after_load and previous.registers[:1] and previous.registers[0] in (i.base, i.index)
    return full if waits else 1
