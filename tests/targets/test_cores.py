"""The table of cores, and what an unknown name is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeml.errors import TargetError
from edgeml.project import firmware_dir
from edgeml.targets import firmware
from edgeml.targets.architectures import ARM
from edgeml.targets.cores import CORES, find_core
from edgeml.targets.emulator.timing import TIMINGS


def test_an_unknown_core_is_told_the_known_ones_closest_first() -> None:
    with pytest.raises(TargetError, match=r"'cortex-m5'.*Did you mean '(cortex-m\w+)'\? Known: \1, .*host") as error:
        find_core("cortex-m5")
    assert error.value.exit_code == 2
    assert all(name in str(error.value) for name in CORES)


@pytest.mark.parametrize("core", [c for c in CORES.values() if c.emulated], ids=lambda c: c.name)
def test_every_emulated_core_has_flags_for_its_compilers_and_a_known_table(core) -> None:
    assert core.zig_target and core.zig_cpu
    assert core.timing is None or core.timing in TIMINGS
    if core.architecture is ARM:
        assert core.has_fpu == core.zig_target.endswith("eabihf") == ("-mfloat-abi=hard" in core.gcc_flags)
    assert bool(core.gcc_flags) == (core.architecture is ARM)
    assert core.has_fpu == ("fpu" in core.features)


def test_cores_that_issue_two_instructions_or_are_not_cortex_m_have_no_timing_table() -> None:
    found = [c.name for c in CORES.values() if c.emulated and c.timing is None]
    assert found == ["cortex-m7", "cortex-m55", "rv32imc", "aarch64"]


def test_the_host_is_no_firmware_core() -> None:
    with pytest.raises(TargetError, match=r"takes no firmware\. Use one of: cortex-m0plus"):
        firmware.firmware_core("host")


def test_the_makefile_uses_the_same_flags() -> None:
    text = Path(firmware_dir() / "cores.mk").read_text()
    values = dict(re.findall(r"^(\S+) := (.*)$", text, re.MULTILINE))
    emulated = [c for c in CORES.values() if c.emulated]
    assert values["CORES"].split() == [c.name for c in emulated]
    assert values["FIRMWARE_SOURCES"].split() == list(firmware.SOURCES)
    assert values["CFLAGS_COMMON"].split() == list(firmware.CFLAGS)
    assert values["SIZE_FLAGS"].split() == list(firmware.SIZE_FLAGS)
    for core in emulated:
        assert values[f"ZIG_FLAGS_{core.name}"].split() == list(core.zig_flags)
        assert values.get(f"GCC_FLAGS_{core.name}", "").split() == list(core.gcc_flags)
