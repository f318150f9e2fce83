"""Cycles of hand-computed snippets, for each timing table."""

from __future__ import annotations

import pytest

pytest.importorskip("capstone", reason="needs capstone")

from edgeml.targets.architectures import ARM, RISCV32
from edgeml.targets.emulator.decode import costs, count_instructions
from edgeml.targets.emulator.hook import Block
from edgeml.targets.emulator.timing import TIMINGS

LDR, LDR2, LDR_DEPENDENT = "0868", "1a68", "0068"  # ldr r0,[r1]; ldr r2,[r3]; ldr r0,[r0]
STR, STR_INDEX, ADDS = "0860", "8850", "8018"  # str r0,[r1]; str r0,[r1,r2]; adds r0,r0,r2
PUSH, POP_PC, BX, BNE = "10b5", "10bd", "7047", "fcd1"  # push {r4,lr}; pop {r4,pc}; bx lr; bne
MLA, SMULL, UDIV = "01fb0230", "82fb0301", "b1fbf2f0"
VLDR, VDIV, VMUL = "90ed000a", "80ee200a", "20ee200a"  # vldr s0,[r0]; vdiv.f32 s0,s0,s1; vmul.f32 s0,s0,s1


def cycles(table: str, code: str, executed: int = 1, taken: int = 0) -> int | None:
    data = bytes.fromhex(code)
    return costs([Block(0x100, len(data), 0, executed, taken)], lambda at, size: data, ARM, TIMINGS[table], 1)[0].cycles


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ADDS, 1),
        (LDR, 2),
        (LDR + LDR2, 3),  # pipelined
        (LDR + LDR_DEPENDENT, 4),  # waits for its address
        (LDR + ADDS + LDR2, 5),
        (STR, 1),
        (STR_INDEX, 2),
        (LDR + STR_INDEX, 3),
        (MLA, 1),
        (SMULL, 1),
        (UDIV, 7),
        (PUSH, 3),
        (POP_PC, 3 + 2),
        (BX, 1 + 2),
        (VLDR, 2),
        (VMUL, 1),
        (VDIV, 14),
    ],
)
@pytest.mark.parametrize("table", ["cortex_m4", "cortex_m33"])
def test_cortex_m4_and_the_m33_that_borrows_it(table: str, code: str, expected: int) -> None:
    assert cycles(table, code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [(ADDS, 1), (LDR + LDR2, 3), (MLA, 2), (SMULL, 4), (UDIV, 7), (PUSH, 3), (POP_PC, 5), (BX, 3)],
)
def test_cortex_m3(code: str, expected: int) -> None:
    assert cycles("cortex_m3", code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [(ADDS, 1), (LDR, 2), (LDR + LDR2, 4), (STR, 2), (PUSH, 3), (POP_PC, 5), (BX, 2), ("4843", 1), ("00f000f8", 3)],
)
def test_cortex_m0plus(code: str, expected: int) -> None:
    assert cycles("cortex_m0plus", code) == expected


@pytest.mark.parametrize(
    ("table", "refill"), [("cortex_m0plus", 1), ("cortex_m3", 2), ("cortex_m4", 2), ("cortex_m33", 2)]
)
def test_a_conditional_branch_costs_more_only_when_taken(table: str, refill: int) -> None:
    assert cycles(table, ADDS + BNE, executed=10, taken=0) == 20
    assert cycles(table, ADDS + BNE, executed=10, taken=9) == 20 + 9 * refill


def test_every_table_names_its_source() -> None:
    assert all("Technical Reference Manual" in t.source and t.title for t in TIMINGS.values())


def test_instructions_are_counted_by_their_first_halfword() -> None:
    assert count_instructions(bytes.fromhex(LDR + MLA + ADDS + UDIV + BX), ARM) == 5
    # c.addi, mul, c.lw, ebreak
    assert count_instructions(bytes.fromhex("1305 33854502 1842 73001000"), RISCV32) == 4
