"""Cores under QEMU: counts equal to hand counts and to unicorn's, the same faults, the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")
pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")

from edgeml.errors import TargetError, ToolchainError
from edgeml.targets import qemu
from edgeml.targets.cores import CORES, Core
from edgeml.targets.emulator import run_firmware
from edgeml.targets.emulator.boot import boot
from edgeml.targets.emulator.decode import costs
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.firmware import build_firmware
from tests.targets.firmware_libraries import FAKE, LOOP, TOOLCHAINS, emulated

pytestmark = pytest.mark.needs_qemu
# the machine of an M4 has the memory that unicorn's has
M4 = replace(CORES["cortex-m4"], unicorn_model=None)


def _instructions(machine: Machine, core: Core) -> list[int]:
    return [c.instructions for c in costs(machine.blocks(), machine.read_at, core.architecture, None, 3)]


@pytest.mark.parametrize("core", [M4, CORES["cortex-m55"]], ids=lambda c: c.name)
def test_counts_of_a_hand_counted_loop_are_exact(core: Core) -> None:
    target = emulated(LOOP, core.name)
    for symbol in ("loop_layer_0", "loop_layer_1"):
        machine = boot(target.firmware, core, target._entries)
        machine.call(symbol)
        assert machine.blocks() == []
        machine.start_counting()
        machine.call(symbol)
        assert sum(_instructions(machine, core)) == 202
        machine.call(symbol)
        assert sum(_instructions(machine, core)) == 2 * 202


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize("library", [FAKE, LOOP], ids=["fake", "loop"])
def test_counts_of_every_layer_are_those_of_unicorn(library: Path, toolchain: str) -> None:
    target, found = emulated(library, "cortex-m4", toolchain), []
    for core in (M4, CORES["cortex-m4"]):
        machine = boot(target.firmware, core, target._entries)
        machine.write("edgeml_firmware_input", bytes(range(target.library.input.shape[-1])))
        machine.start_counting()
        machine.call("edgeml_firmware_invoke")
        found.append((_instructions(machine, core), machine.stack_bytes()))
    assert found[0] == found[1] and sum(found[0][0]) > 100


def test_arguments_beyond_the_registers_lie_on_the_stack() -> None:
    target = emulated(FAKE, "cortex-m4")
    for core in (M4, CORES["cortex-m4"]):
        machine = boot(target.firmware, core)
        top = machine._get("SP")
        machine._prepare([1, 2, 3, 4, 5, 6, 7])
        assert [machine.argument(i) for i in range(4)] == [1, 2, 3, 4]
        assert machine._get("SP") == (top - 12) & ~7
        assert list(np.frombuffer(machine.read_at(machine._get("SP"), 12), "<u4")) == [5, 6, 7]


def test_a_fault_names_address_function_and_remedy() -> None:
    target = emulated(LOOP, "cortex-m55")
    with pytest.raises(
        TargetError, match=r"cortex-m55: fault at pc 0x\w+ in loop_\w+\+0x\w+: exception 3\. Check that"
    ):
        target.run(np.array([[77]], np.int8))


def test_a_firmware_runs_to_its_exit(tmp_path: Path) -> None:
    done = run_firmware(build_firmware(FAKE, "cortex-m55", "zig", tmp_path / "fw.elf"), "cortex-m55")
    assert done.exit_code == 0 and done.text.endswith("PASS\n")


def test_layers_are_traced_in_steps() -> None:
    m55, m4 = (list(emulated(FAKE, core).trace(np.arange(16, dtype=np.int8))) for core in ("cortex-m55", "cortex-m4"))
    assert m55 == m4 and len(m55) == 2


def test_a_machine_without_qemu_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    target = emulated(FAKE, "cortex-m55")
    monkeypatch.setattr(qemu, "COMMAND", "no-such-qemu")
    with pytest.raises(ToolchainError, match=r"'no-such-qemu' is not on the path. Install it \(Debian: apt install"):
        boot(target.firmware, target.core)
