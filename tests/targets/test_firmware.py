"""Building firmware from Python, and reading what came out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
pytest.importorskip("elftools", reason="needs pyelftools")

from edgeml.errors import ModelFormatError, TargetError, ToolchainError
from edgeml.targets.elf import read_firmware
from edgeml.targets.firmware import build_firmware
from tests.targets.firmware_libraries import FAKE, TOOLCHAINS


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_two_builds_in_two_places_are_the_same_bytes(toolchain: str, tmp_path: Path) -> None:
    copy = shutil.copytree(FAKE, tmp_path / "another" / "place")
    first = build_firmware(FAKE, "cortex-m4", toolchain, tmp_path / "a.elf")
    second = build_firmware(copy, "cortex-m4", toolchain, tmp_path / "b.elf")
    assert first.read_bytes() == second.read_bytes()


def test_the_measured_image_holds_no_self_test(tmp_path: Path) -> None:
    full = read_firmware(build_firmware(FAKE, "cortex-m4", "zig", tmp_path / "full.elf"))
    lean = read_firmware(build_firmware(FAKE, "cortex-m4", "zig", tmp_path / "lean.elf", selftest=False))
    assert full.find("fake_selftest") is not None or full.find("edgeml_semihosting_write") is not None
    assert lean.find("fake_selftest_input") is None and lean.find("edgeml_semihosting_write") is None
    assert lean.sections.rodata < full.sections.rodata and lean.sections.code < full.sections.code


def test_sections_and_symbols_are_those_of_the_library(tmp_path: Path) -> None:
    image = read_firmware(build_firmware(FAKE, "cortex-m4", "zig", tmp_path / "fw.elf", selftest=False))
    assert image.symbol("edgeml_firmware_arena").size == 64
    assert image.sections.bss == 64 + 16 + 4 + 4  # arena, input, output, alignment to 8
    layer = image.symbol("fake_layer_0")
    assert image.function_at(layer.address + 6) == "fake_layer_0+0x6"
    assert sum(len(data) for _, data in image.segments) >= image.sections.code + image.sections.rodata


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize("memory", [{"flash": 512}, {"ram": 256}], ids=["flash", "ram"])
def test_memory_too_small_is_said_with_a_remedy(toolchain: str, memory: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"does not fit the memory given.*Use a larger board") as error:
        build_firmware(FAKE, "cortex-m4", toolchain, tmp_path / "fw.elf", **memory)
    assert not isinstance(error.value, ToolchainError)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"edgeml_model\.h.*edgeml compile"):
        build_firmware(tmp_path, "cortex-m4", "zig", tmp_path / "fw.elf")


def test_an_unknown_toolchain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="Use zig or gcc"):
        build_firmware(FAKE, "cortex-m4", "iar", tmp_path / "fw.elf")


def test_a_file_that_is_no_firmware_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.elf").write_bytes(b"\x7fELF broken")
    with pytest.raises(ModelFormatError, match="not a readable ELF file"):
        read_firmware(tmp_path / "x.elf")


@pytest.mark.needs_gcc
def test_a_library_for_size_is_built_for_size_and_says_so(tmp_path: Path) -> None:
    from edgeml.targets.cores import find_core
    from edgeml.targets.firmware import compiler_flags
    from edgeml.targets.toolchain import find_toolchain

    copy = shutil.copytree(FAKE, tmp_path / "small")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "optimize": "size"}))
    gcc, core = find_toolchain("gcc", "arm"), find_core("cortex-m4")
    assert compiler_flags(gcc, core, copy).endswith("-Os") and "-Os" not in compiler_flags(gcc, core, FAKE)
    images = [
        read_firmware(build_firmware(f, "cortex-m4", "gcc", tmp_path / f"{i}.elf", selftest=False))
        for i, f in enumerate((copy, FAKE))
    ]
    assert images[0].sections.code < images[1].sections.code
