"""What kernels may rely on in the processor that a library is compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Feature = Literal["thumb1", "thumb2", "dsp", "fpu", "mve", "rv32", "neon", "simd"]


@dataclass(frozen=True)
class Machine:
    """A kind of processor: its name, and the instruction sets that it has.

    thumb1: Armv6-M only (no 32x32->64 multiply); thumb2: Armv7-M and later; dsp: packed 16-bit arithmetic; fpu: float32
    in hardware; mve: Helium; rv32: RISC-V, 32 bits, with multiply; neon: AArch64; simd: an application
    processor, with the vectors that the run finds (kernels/simd.h), or none.
    """

    name: str
    features: frozenset[Feature] = frozenset()


# C99 for any processor
PORTABLE = Machine("portable")
