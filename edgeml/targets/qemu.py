"""QEMU, which runs the cores that unicorn does not know."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess

from edgeml.errors import ToolchainError

COMMAND = "qemu-system-arm"
REMEDY = "apt install qemu-system-arm"


def find_qemu() -> str:
    """The version of qemu-system-arm; ToolchainError says how to get it when it is missing or too old."""
    path = shutil.which(COMMAND)
    if path is None:
        raise ToolchainError(f"emulator: the command '{COMMAND}' is not on the path. Install it (Debian: {REMEDY}).")
    version = _version(path)
    if int(version.split(".")[0]) < 7:
        raise ToolchainError(f"emulator: {COMMAND} {version} is too old. Install version 7 or later.")
    return version


@functools.cache
def _version(path: str) -> str:
    try:
        done = subprocess.run((path, "--version"), capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(f"emulator: '{path}' does not run ({error}). Reinstall it ({REMEDY}).") from None
    found = re.search(r"version (\d+(\.\d+)+)", done.stdout)
    if found is None:
        raise ToolchainError(f"emulator: '{path} --version' names no version. Reinstall it ({REMEDY}).")
    return found[1]
