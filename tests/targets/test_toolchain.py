"""Finding and running C compilers."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path

import pytest

from edgeml.errors import ToolchainError
from edgeml.targets import toolchain as tc
from edgeml.targets.cores import CORES


@pytest.fixture(params=["zig", "gcc"])
def compiler(request: pytest.FixtureRequest) -> tc.Toolchain:
    if not tc.has_toolchain(request.param):
        pytest.skip(f"{request.param} is not installed")
    return tc.find_toolchain(request.param)


def test_a_shared_library_can_be_built_and_called(compiler: tc.Toolchain, tmp_path: Path) -> None:
    source = tmp_path / "twice.c"
    source.write_text("int twice(int x) { return 2 * x; }\n")
    library = tc.compile_shared_library(compiler, [source], tmp_path / f"twice{tc.shared_library_suffix()}")
    assert ctypes.CDLL(str(library)).twice(21) == 42


def test_the_version_is_a_number(compiler: tc.Toolchain) -> None:
    assert compiler.version[0].isdigit()
    assert compiler.version in compiler.title


def test_a_compile_error_is_reported_with_its_line(compiler: tc.Toolchain, tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("int f(void) { return undeclared; }\n")
    with pytest.raises(ToolchainError, match="undeclared"):
        tc.run_compiler(compiler, ["-c", "bad.c", "-o", "bad.o"], tmp_path)


def test_unknown_toolchain_names_the_known_ones() -> None:
    with pytest.raises(ToolchainError, match="Use zig or gcc"):
        tc.find_toolchain("icc")


def test_missing_gcc_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ToolchainError, match="apt install gcc-arm-none-eabi"):
        tc.find_toolchain("gcc", "arm")
    assert not tc.has_toolchain("gcc", "host")


def test_missing_zig_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(tc, "available", lambda _: False)
    with pytest.raises(ToolchainError, match=r"edgeml-compiler\[device\]"):
        tc.find_toolchain("zig")


def test_a_compiler_that_hangs_is_stopped(tmp_path: Path) -> None:
    sleeper = tc.Toolchain("gcc", ("sleep",), "1")
    with pytest.raises(ToolchainError, match="no result within"):
        tc.run_compiler(sleeper, ["5"], tmp_path, timeout=0.1)


def test_cores_without_gcc_flags_are_refused() -> None:
    gcc = tc.Toolchain("gcc", ("arm-none-eabi-gcc",), "12", "arm")
    for core in CORES.values():
        if core.gcc_flags:
            assert tc.core_flags(gcc, core) == core.gcc_flags
        else:
            with pytest.raises(ToolchainError, match=core.name):
                tc.core_flags(gcc, core)
