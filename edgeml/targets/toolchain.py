"""C compilers: zig (from the Python package index) and gcc, for the host and for the Arm cores."""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeml.errors import ToolchainError
from edgeml.extras import available
from edgeml.targets.cores import Core

Kind = Literal["host", "arm"]

# What keeps every build to the same arithmetic: no fused multiply-add, plain C99.
C_FLAGS = ("-std=c99", "-O2", "-ffp-contract=off")

_ZIG_REMEDY = "Install it with: pip install 'edgeml-compiler[device]'"
_GCC_COMMAND = {"host": "gcc", "arm": "arm-none-eabi-gcc"}
_GCC_REMEDY = {
    "host": "Install gcc (Debian: apt install gcc), or use --toolchain zig.",
    "arm": "Install it (Debian: apt install gcc-arm-none-eabi), or use --toolchain zig.",
}


@dataclass(frozen=True)
class Toolchain:
    """A compiler that is present: `command` runs it as a C compiler driver."""

    name: str
    command: tuple[str, ...]
    version: str
    kind: Kind = "host"

    @property
    def title(self) -> str:
        """Name and version for records, for example `zig cc 0.17.1`."""
        return f"{'zig cc' if self.name == 'zig' else self.command[0]} {self.version}"


def find_toolchain(name: str, kind: Kind = "host") -> Toolchain:
    """The compiler `name` ("zig" or "gcc"); ToolchainError says how to get it when it is missing.

    One zig serves both kinds; gcc is `gcc` for the host and `arm-none-eabi-gcc` for the cores.
    """
    if name == "zig":
        return _find_zig(kind)
    if name != "gcc":
        raise ToolchainError(f"toolchain '{name}': no such toolchain. Use zig or gcc.")
    command = _GCC_COMMAND[kind]
    path = shutil.which(command)
    if path is None:
        raise ToolchainError(f"toolchain 'gcc': the command '{command}' is not on the path. {_GCC_REMEDY[kind]}")
    return Toolchain("gcc", (command,), _version((path, "-dumpfullversion")), kind)


def has_toolchain(name: str, kind: Kind = "host") -> bool:
    """Whether `find_toolchain` would succeed."""
    try:
        find_toolchain(name, kind)
    except ToolchainError:
        return False
    return True


def core_flags(toolchain: Toolchain, core: Core) -> tuple[str, ...]:
    """Flags that select `core`; ToolchainError when this compiler knows no such core."""
    if toolchain.name == "zig":
        return core.zig_flags
    if not core.gcc_flags:
        raise ToolchainError(f"toolchain 'gcc': has no flags for the core {core.name}. Use --toolchain zig.")
    return core.gcc_flags


def host_flags(toolchain: Toolchain) -> tuple[str, ...]:
    """Flags of a host build; zig would otherwise build for this very processor only."""
    return (*C_FLAGS, "-mcpu=baseline") if toolchain.name == "zig" else C_FLAGS


def compile_shared_library(
    toolchain: Toolchain,
    sources: Sequence[Path],
    output: Path,
    *,
    include: Sequence[Path] = (),
    flags: Sequence[str] = (),
) -> Path:
    """Compile and link C files to a shared library of the host."""
    args = [*host_flags(toolchain), *flags, "-fPIC", "-shared", "-fvisibility=default"]
    args += [f"-I{folder}" for folder in include]
    run_compiler(toolchain, [*args, "-o", str(output), *map(str, sources)], output.parent)
    return output


def shared_library_suffix() -> str:
    """File name suffix of shared libraries here."""
    return {"Windows": ".dll", "Darwin": ".dylib"}.get(platform.system(), ".so")


def run_compiler(toolchain: Toolchain, args: Sequence[str], cwd: Path, timeout: float = 300.0) -> str:
    """Run the compiler in `cwd` and return its messages; ToolchainError has its first error line."""
    command = [*toolchain.command, *args]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolchainError(
            f"toolchain '{toolchain.name}': gave no result within {timeout:g} s. Try again when the machine is idle."
        ) from None
    except OSError as error:
        raise ToolchainError(
            f"toolchain '{toolchain.name}': cannot start '{command[0]}': {error.strerror}. Check the installation."
        ) from None
    if done.returncode != 0:
        raise ToolchainError(f"toolchain '{toolchain.name}': {_first_error(done.stderr or done.stdout)}")
    return done.stdout + done.stderr


def _find_zig(kind: Kind) -> Toolchain:
    if available("ziglang"):
        command: tuple[str, ...] = (sys.executable, "-m", "ziglang")
    elif path := shutil.which("zig"):
        command = (path,)
    else:
        raise ToolchainError(f"toolchain 'zig': the package 'ziglang' is not installed. {_ZIG_REMEDY}")
    return Toolchain("zig", (*command, "cc"), _version((*command, "version")), kind)


@functools.cache
def _version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(
            f"toolchain: '{' '.join(command)}' does not run ({error}). Repair or reinstall the compiler."
        ) from None
    return done.stdout.strip()


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # GNU ld says what is wrong without the word; collect2 then says only that ld failed
    told = ("error", "overflowed by", "will not fit", "undefined reference", "too small")
    errors = [line for line in lines if any(t in line for t in told) and not line.startswith("collect2")]
    return (errors or lines or ["the compiler failed without a message"])[0]
