"""Small hand-written libraries in the form that the C backend writes."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from edgeml.targets.emulator import EmulatedTarget

_FOLDER = Path(__file__).parent / "emulator"
FAKE = _FOLDER / "fake_library"
ARITHMETIC = _FOLDER / "arithmetic_library"
LOOP = _FOLDER / "loop_library"

TOOLCHAINS = ["zig", pytest.param("gcc", marks=pytest.mark.needs_gcc)]
CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"]
# zig alone compiles for these
OTHERS = ["rv32imc", "aarch64"]
BUILDS = [
    *(pytest.param(core, "zig", id=f"{core}-zig") for core in (*CORES, *OTHERS)),
    pytest.param("cortex-m55", "zig", id="cortex-m55-zig", marks=pytest.mark.needs_qemu),
    pytest.param("cortex-m55", "gcc", id="cortex-m55-gcc", marks=[pytest.mark.needs_gcc, pytest.mark.needs_qemu]),
    *(pytest.param(core, "gcc", id=f"{core}-gcc", marks=pytest.mark.needs_gcc) for core in CORES),
]


# as many as there are builds of two libraries
@functools.lru_cache(maxsize=2 * len(BUILDS))
def emulated(library: Path, core: str, toolchain: str = "zig") -> EmulatedTarget:
    """One target for the tests that only use it: building firmware is what takes their time."""
    from edgeml.targets.emulator import EmulatedTarget

    return EmulatedTarget(library, core, toolchain)
