"""The processor cores that edgeml compiles for: compiler flags, emulator model, timing table.

A core is data; adding one is one entry of `CORES` (and, where cycles are wanted, one timing table).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from edgeml.backends.c99.selection import Feature, Machine
from edgeml.errors import TargetError
from edgeml.targets.architectures import AARCH64, ARM, RISCV32, Architecture


@dataclass(frozen=True)
class Core:
    """One instruction set with its compilers' flags.

    `zig_target` and `zig_cpu` are the values of -target and -mcpu, `zig_options` come with them; `gcc_flags` belong to
    arm-none-eabi-gcc and are empty where zig alone compiles for the core. `unicorn_model` is the emulator's name
    for it, None where nothing here emulates the core. `timing` names a module of
    edgeml/targets/emulator/timing, or is None where no table exists. `qemu_machine` runs the same image
    under qemu-system-arm; where there is no `unicorn_model`, it is what emulates the core. `flash` and `ram` are
    (origin, size) of the emulated memory: generous, so that any model can be measured before a board is chosen.
    """

    name: str
    title: str
    zig_target: str = ""
    zig_cpu: str = ""
    zig_options: tuple[str, ...] = ()
    gcc_flags: tuple[str, ...] = ()
    architecture: Architecture = ARM
    unicorn_model: str | None = None
    has_fpu: bool = False
    features: tuple[Feature, ...] = ()
    timing: str | None = None
    qemu_machine: str | None = None
    flash: tuple[int, int] = (0x00000000, 4 << 20)
    ram: tuple[int, int] = (0x20000000, 4 << 20)

    @property
    def zig_flags(self) -> tuple[str, ...]:
        """-target and -mcpu for `zig cc`."""
        target = ("-target", self.zig_target) if self.zig_target else ()
        return (*target, f"-mcpu={self.zig_cpu}", *self.zig_options)

    @property
    def machine(self) -> Machine:
        """What the compiler's kernels may rely on."""
        return Machine(self.name, frozenset(self.features))

    @property
    def emulator(self) -> Literal["unicorn", "qemu"] | None:
        """What runs and counts firmware for this core."""
        return "unicorn" if self.unicorn_model else "qemu" if self.qemu_machine else None

    @property
    def emulated(self) -> bool:
        """Whether firmware for this core can be run and counted."""
        return self.emulator is not None


_SOFT = "thumb-freestanding-eabi"
_HARD = "thumb-freestanding-eabihf"

# Optional features are spelled out: zig's CPU names carry none (cortex_m4 alone has no FPU).
_ALL = (
    Core(
        "cortex-m0plus",
        "Arm Cortex-M0+ (Armv6-M, no FPU)",
        zig_target=_SOFT,
        zig_cpu="cortex_m0plus",
        gcc_flags=("-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft"),
        unicorn_model="ARM_CORTEX_M0",
        features=("thumb1",),
        timing="cortex_m0plus",
        qemu_machine="mps2-an385",  # an M3, which runs every Armv6-M instruction
    ),
    Core(
        "cortex-m3",
        "Arm Cortex-M3 (Armv7-M, no FPU)",
        zig_target=_SOFT,
        zig_cpu="cortex_m3",
        gcc_flags=("-mcpu=cortex-m3", "-mthumb", "-mfloat-abi=soft"),
        unicorn_model="ARM_CORTEX_M3",
        features=("thumb2",),
        timing="cortex_m3",
        qemu_machine="mps2-an385",
    ),
    Core(
        "cortex-m4",
        "Arm Cortex-M4F (Armv7E-M, DSP, single precision FPU)",
        zig_target=_HARD,
        zig_cpu="cortex_m4+vfp4d16sp",
        gcc_flags=("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
        unicorn_model="ARM_CORTEX_M4",
        has_fpu=True,
        features=("thumb2", "dsp", "fpu"),
        timing="cortex_m4",
        qemu_machine="mps2-an386",
    ),
    Core(
        "cortex-m7",
        "Arm Cortex-M7 (Armv7E-M, DSP, double precision FPU)",
        zig_target=_HARD,
        zig_cpu="cortex_m7+fp_armv8d16",
        gcc_flags=("-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"),
        unicorn_model="ARM_CORTEX_M7",
        has_fpu=True,
        features=("thumb2", "dsp", "fpu"),
        timing=None,  # dual issue: no table describes it; published pairs lie at 0.55 to 0.7 of an M4's cycles
        qemu_machine="mps2-an500",
    ),
    Core(
        "cortex-m33",
        "Arm Cortex-M33 (Armv8-M mainline, DSP, single precision FPU)",
        zig_target=_HARD,
        zig_cpu="cortex_m33+dsp+fp_armv8d16sp",
        gcc_flags=("-mcpu=cortex-m33", "-mthumb", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
        unicorn_model="ARM_CORTEX_M33",
        has_fpu=True,
        features=("thumb2", "dsp", "fpu"),
        timing="cortex_m33",
        qemu_machine=None,  # mps2-an505 starts in the secure world at another address
    ),
    Core(
        "cortex-m55",
        "Arm Cortex-M55 (Armv8.1-M, Helium vectors, single and half precision)",
        zig_target=_HARD,
        zig_cpu="cortex_m55+mve_fp+fp_armv8d16+lob",
        # A portable kernel once gave wrong sums under QEMU 7.2 with the loops that zig 0.17 (clang 22) makes of Helium
        # by itself (DLSTP, VMLAVA, LETP). Not seen again: without the option all portable kernels, on 25 random nodes
        # each, and the MLPerf Tiny models give the right bits. LLVM's known fault in such loops (its issue 162644: a
        # register is copied under the predicate of the tail) may be the cause; whether this clang has its repair is not
        # known. No clobber names VPR: assembly that sets it stays in functions of its own. The option stays: Helium
        # kernels do not need such loops.
        zig_options=("-fno-vectorize",),
        gcc_flags=("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"),
        has_fpu=True,
        features=("thumb2", "dsp", "fpu", "mve"),
        qemu_machine="mps3-an547",
        flash=(0x01000000, 2 << 20),
        ram=(0x21000000, 4 << 20),
    ),
    Core(
        "rv32imc",
        "RISC-V RV32IMC (multiply, compressed instructions, no FPU)",
        zig_target="riscv32-freestanding-none",
        zig_cpu="generic_rv32+m+c",
        architecture=RISCV32,
        unicorn_model="RISCV32_SIFIVE_E31",  # has atomics too; rejects floats, as the core does
        features=("rv32",),
    ),
    Core(
        "aarch64",
        "Arm AArch64 (Cortex-A53, NEON)",
        zig_target="aarch64-freestanding-none",
        zig_cpu="cortex_a53",
        architecture=AARCH64,
        unicorn_model="ARM64_A53",
        has_fpu=True,
        features=("neon", "simd", "fpu"),
    ),
    # Without a CPU name zig compiles for the very machine it runs on; the kernels choose their vectors at run time.
    Core("host", "the CPU of this machine", zig_cpu="baseline", has_fpu=True, features=("simd",)),
)

CORES: dict[str, Core] = {core.name: core for core in _ALL}


def find_core(name: str) -> Core:
    """The core called `name`; TargetError lists the known ones, closest first."""
    core = CORES.get(name)
    if core is None:
        raise TargetError(unknown("core", name, CORES))
    return core


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """The sentence for a name that is in no table: what, the value, the known ones with close matches first."""
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    rest = [other for other in known if other not in close]
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"target '{name}': no such {kind}.{hint} Known: {', '.join([*close, *rest])}."
