"""A compiled library as plain figures: its manifest, and what a linked image of it takes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from edgeml.backends.c99.manifest import Manifest
from edgeml.errors import EdgeMLError, TargetError
from edgeml.files import parse_json, read_bytes

_MANIFEST = "manifest.json"
_TOOLCHAINS = ("gcc", "zig")


@dataclass(frozen=True)
class FunctionSize:
    """A function of the image: bytes of code, of its own frame, and of its deepest stack with all that it calls."""

    name: str
    code: int
    frame: int
    stack: int


@dataclass(frozen=True)
class Image:
    """The smallest firmware around the library, as linked by `compiler`: bytes of its parts.

    `stack` is the most that a run can take, None (and `note` says why) where the code gives no bound.
    """

    compiler: str
    code: int
    constants: int
    variables: int
    stack: int | None
    functions: tuple[FunctionSize, ...]
    note: str = ""

    @property
    def flash(self) -> int:
        """Code and constants."""
        return self.code + self.constants


@dataclass(frozen=True)
class CompiledSummary:
    """A library of `edgeml compile`; `image` is None where none was linked, and `note` says why."""

    manifest: Manifest
    image: Image | None
    note: str = ""


def find_compiled(path: Path) -> Path | None:
    """The folder of a compiled library: `path`, or `c` in it; None when it is something else."""
    return next((folder for folder in (path, path / "c") if (folder / _MANIFEST).is_file()), None)


def summarize_compiled(folder: Path, toolchain: str = "") -> CompiledSummary:
    """The library in `folder`. `toolchain` ("gcc", "zig") links the image; the first that is installed when empty.

    Raises ModelFormatError when the manifest is not one.
    """
    what = f"library '{folder}'"
    data = parse_json(read_bytes(folder / _MANIFEST, "library manifest"), what, "Compile the model again.")
    manifest = Manifest.from_json(data)
    try:
        return CompiledSummary(manifest, _image(folder, manifest, toolchain))
    except EdgeMLError as error:
        if toolchain:
            raise
        return CompiledSummary(manifest, None, str(error))


def _image(folder: Path, manifest: Manifest, toolchain: str) -> Image:
    from edgeml.targets.cores import CORES
    from edgeml.targets.elf import read_firmware
    from edgeml.targets.firmware import build_firmware
    from edgeml.targets.static import call_tree
    from edgeml.targets.toolchain import find_toolchain, has_toolchain

    core = CORES.get(manifest.machine)
    if core is None or not core.emulated:
        raise TargetError(
            f"library '{folder}': its kernels are for no core, so no image of it was linked. Compile with --target."
        )
    kinds = _TOOLCHAINS if core.gcc_flags else ("zig",)
    name = toolchain or next((t for t in kinds if has_toolchain(t, "arm")), kinds[-1])
    with tempfile.TemporaryDirectory(prefix="edgeml-") as work:
        elf = build_firmware(folder, core.name, name, Path(work) / "firmware.elf", selftest=False)
        firmware = read_firmware(elf)
    sections, root = firmware.sections, f"{manifest.model}_run"
    functions: tuple[FunctionSize, ...] = ()
    stack, note = None, ""
    try:
        tree = call_tree(firmware, core.architecture, root)
        functions = tuple(FunctionSize(f.name, f.code, f.frame, f.stack) for f in tree)
        stack = next(f.stack for f in tree if f.name == firmware.symbol(root).name)
    except TargetError as error:
        note = str(error)
    arena = firmware.symbol("edgeml_firmware_arena").size
    return Image(
        find_toolchain(name, "arm").title,
        sections.code,
        sections.rodata + sections.data,
        sections.data + sections.bss - arena,
        stack,
        functions,
        note,
    )
