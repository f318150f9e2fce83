"""`make -C firmware_stub`: builds with both compilers, runs under qemu, and explains what is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgeml.project import firmware_dir
from edgeml.targets.cores import CORES
from tests.targets.firmware_libraries import CORES as NAMES
from tests.targets.firmware_libraries import FAKE, TOOLCHAINS

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")

EXPECTED = "model fake\nsample 0: north [47 28 30 12]\nsample 1: south [87 65 121 -50]\nPASS\n"


def make(*variables: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-s", "-C", str(firmware_dir()), f"PYTHON={sys.executable}", *variables]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**kept, **environment})


def run_in_qemu(machine: str, elf: Path) -> subprocess.CompletedProcess[str]:
    command = ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout + done.stderr)


@needs_qemu
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize("core", [n for n in NAMES if CORES[n].qemu_machine])
def test_the_image_passes_its_self_test_under_qemu(core: str, toolchain: str, tmp_path: Path) -> None:
    elf = tmp_path / "fw.elf"
    built = make(f"MODEL={FAKE}", f"CORE={core}", f"TOOLCHAIN={toolchain}", f"OUT={elf}")
    assert built.returncode == 0, built.stderr
    done = run_in_qemu(CORES[core].qemu_machine or "", elf)
    assert (done.stdout, done.returncode) == (EXPECTED, 0)


@needs_qemu
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_an_image_for_the_memory_of_a_cortex_m55_machine_passes_its_self_test(toolchain: str, tmp_path: Path) -> None:
    elf = tmp_path / "fw.elf"
    memory = ("FLASH_SIZE=512K", "RAM_SIZE=512K")
    built = make(f"MODEL={FAKE}", "CORE=cortex-m55", f"TOOLCHAIN={toolchain}", *memory, f"OUT={elf}")
    assert built.returncode == 0, built.stderr
    done = run_in_qemu("mps3-an547", elf)
    assert (done.stdout, done.returncode) == (EXPECTED, 0)


@needs_qemu
def test_a_wrong_expectation_fails_with_exit_code_1(tmp_path: Path) -> None:
    library = shutil.copytree(FAKE, tmp_path / "fake")
    source = library / "fake.c"
    source.write_text(source.read_text().replace("{47, 28", "{46, 28"))
    elf = tmp_path / "fw.elf"
    assert make(f"MODEL={library}", f"OUT={elf}").returncode == 0
    done = run_in_qemu("mps2-an386", elf)
    assert done.stdout.endswith("FAIL: 1 output bytes differ from what was expected\n") and done.returncode == 1


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([], r"MODEL is not set. Give the folder"),
        (["MODEL=/nowhere"], r"Compile a model to C first: edgeml compile model.tflite -o build/m."),
        ([f"MODEL={FAKE}", "CORE=cortex-m99"], r"CORE=cortex-m99 is unknown. Known: cortex-m0plus"),
        ([f"MODEL={FAKE}", "TOOLCHAIN=iar"], r"TOOLCHAIN=iar is unknown. Known: zig gcc"),
        ([f"MODEL={FAKE}", "CORE=rv32imc", "TOOLCHAIN=gcc"], r"CORE=rv32imc has no flags for gcc. Use TOOLCHAIN=zig"),
        ([f"MODEL={FAKE}", "PYTHON=/no/python"], r"pip install ziglang"),
        ([f"MODEL={FAKE}", "TOOLCHAIN=gcc", "CROSS=no-such-"], r"no-such-gcc is not on the PATH. Install it"),
    ],
)
def test_mistakes_are_explained_and_nothing_is_built(variables: list[str], message: str, tmp_path: Path) -> None:
    done = make(*variables, f"OUT={tmp_path / 'fw.elf'}")
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_sizes_of_a_device_are_honoured(tmp_path: Path) -> None:
    done = make(f"MODEL={FAKE}", "FLASH_SIZE=512", f"OUT={tmp_path / 'fw.elf'}")
    assert done.returncode != 0 and "FLASH" in done.stderr
