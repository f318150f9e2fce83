"""Small hand-written libraries in the form that the C backend writes."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent / "emulator"
FAKE = _FOLDER / "fake_library"
ARITHMETIC = _FOLDER / "arithmetic_library"
LOOP = _FOLDER / "loop_library"

TOOLCHAINS = ["zig", pytest.param("gcc", marks=pytest.mark.needs_gcc)]
CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"]
