"""Builds the bare-metal firmware around a compiled model: the sources of firmware_stub/, without make."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from edgeml.errors import ModelFormatError, TargetError, ToolchainError
from edgeml.files import parse_json, read_bytes, write_bytes, writing
from edgeml.project import firmware_dir
from edgeml.targets.cores import CORES, Core, find_core
from edgeml.targets.toolchain import Toolchain, core_flags, find_toolchain, run_compiler

# The same lists and flags stand in firmware_stub/cores.mk; a test compares them.
SOURCES = ("startup.c", "main.c", "semihosting.c", "runtime.c", "softfloat.c", "riscv.c")
CFLAGS = (
    "-std=c99",
    "-O2",
    "-g",
    "-ffp-contract=off",
    "-ffreestanding",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
)
# added for a library whose kernels were chosen for size
SIZE_FLAGS = ("-Os",)
LDFLAGS = ("-nostdlib", "-Wl,-e,Reset_Handler", "-Wl,--gc-sections")
SELFTEST_DEFINES = ("-DEDGEML_FIRMWARE_SELFTEST", "-DEDGEML_SELFTEST")

_TOO_SMALL = re.compile(r"will not fit|overflowed by|RAM too small|out of range")


def firmware_core(name: str) -> Core:
    """The core `name` if firmware can be built for it."""
    core = find_core(name)
    if not core.emulated:
        known = ", ".join(c.name for c in CORES.values() if c.emulated)
        raise TargetError(
            f"target '{name}': is not a microcontroller core, so it takes no firmware. Use one of: {known}."
        )
    return core


def build_firmware(
    library_dir: Path,
    core: str,
    toolchain: str,
    out: Path,
    *,
    flash: int | None = None,
    ram: int | None = None,
    selftest: bool = True,
) -> Path:
    """Compile and link the library in `library_dir` with the firmware to the ELF file `out`.

    `flash` and `ram` are bytes. With `selftest` the firmware runs the samples that the library carries and
    reports over semihosting; without, it is the smallest program around the model, for measuring. A library that was
    compiled for `size` is built with -Os. The same inputs give the same bytes. TargetError: unknown core, or flash or
    RAM too small; ToolchainError: no compiler.
    """
    chosen, compiler = firmware_core(core), find_toolchain(toolchain, "arm")
    library, stub = library_dir.resolve(), firmware_dir().resolve()
    if not (library / "edgeml_model.h").is_file():
        raise ModelFormatError(
            f"library '{library_dir}': a compiled model's folder holds edgeml_model.h. Found none. "
            "Compile a model to C first: edgeml compile."
        )
    script = linker_script(stub, (chosen.flash[0], flash or chosen.flash[1]), (chosen.ram[0], ram or chosen.ram[1]))
    with writing(out), tempfile.TemporaryDirectory(prefix="edgeml-") as name:
        folder = Path(name)
        (folder / "firmware.ld").write_text(script)
        elf = folder / "firmware.elf"
        _compile(compiler, chosen, library, stub, folder, elf, selftest)
        return write_bytes(out, elf.read_bytes())


def compiler_flags(toolchain: Toolchain, core: Core, library: Path) -> str:
    """The flags of a firmware build around `library`, as records name them."""
    return " ".join((*core_flags(toolchain, core), *CFLAGS, *_aim_flags(library)))


def _aim_flags(library: Path) -> tuple[str, ...]:
    """What the aim of the library's compilation adds; nothing where its manifest names none."""
    path = library / "manifest.json"
    if not path.is_file():
        return ()
    data = parse_json(read_bytes(path, "library manifest"), f"library '{path}'", "Compile again.")
    return SIZE_FLAGS if isinstance(data, dict) and data.get("optimize") == "size" else ()


def _compile(
    compiler: Toolchain, core: Core, library: Path, stub: Path, folder: Path, elf: Path, selftest: bool
) -> None:
    sources = [stub / name for name in SOURCES]
    sources += sorted([*library.glob("*.c"), *library.glob("kernels/*.c")])
    # debug information names files: relative to their project, or builds in two places would differ
    prefixes = {str(library): "model", str(stub): "firmware_stub", str(folder): ".", str(folder.resolve()): "."}
    args = [*core_flags(compiler, core), *CFLAGS, *_aim_flags(library), *(SELFTEST_DEFINES if selftest else ())]
    args += [f"-ffile-prefix-map={old}={new}" for old, new in prefixes.items()]
    args += [f"-I{stub}", f"-I{library}", *map(str, sources)]
    args += [*LDFLAGS, "-Wl,-T,firmware.ld", "-o", str(elf)]
    try:
        run_compiler(compiler, args, folder)
    except ToolchainError as error:
        if _TOO_SMALL.search(str(error)):
            raise TargetError(
                f"target '{core.name}': the firmware does not fit the memory given. {error} "
                "Use a larger board, a smaller model, or prune it."
            ) from None
        raise


def linker_script(stub: Path, flash: tuple[int, int], ram: tuple[int, int]) -> str:
    """firmware.ld.in for memories given as (origin, size)."""
    text = read_bytes(stub / "firmware.ld.in", "linker script").decode()
    values = {"FLASH_ORIGIN": flash[0], "FLASH_SIZE": flash[1], "RAM_ORIGIN": ram[0], "RAM_SIZE": ram[1]}
    for key, value in values.items():
        text = text.replace(f"@{key}@", f"{value:#x}")
    return text
