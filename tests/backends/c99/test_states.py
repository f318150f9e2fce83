"""States in C: a caller's buffer, carried from run to run, equal to the interpreter on every target."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99 import SelfTest, emit
from edgeml.backends.c99.memory import plan_memory
from edgeml.interpreter import run, run_stream
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.targets.host import HostTarget
from tests.stateful import ALL, delay_line, frames, running_sum

WARNINGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off", "-O1")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _equal(got: np.ndarray, want: np.ndarray) -> None:
    if want.dtype == np.float32:
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-5)
    else:
        np.testing.assert_array_equal(got, want)


@needs_host_gcc
@pytest.mark.parametrize("name", ALL)
def test_the_library_equals_the_interpreter_frame_by_frame(name: str, tmp_path: Path) -> None:
    graph = ALL[name]()
    emit(graph, tmp_path / "c")
    target = HostTarget(tmp_path / "c", "gcc")
    x = frames(graph)
    arrays = list(x.values())
    for reference, ours in ((run_stream, target.run_stream), (run, target.run_all), (run_stream, target.run_stream)):
        for output, got in zip(graph.outputs, ours(arrays), strict=True):
            _equal(got, reference(graph, x)[output])


_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "edgeml_model.h"
int main(void) {
  void *arena = malloc(EDGEML_MODEL_ARENA_SIZE), *state = malloc(EDGEML_MODEL_STATE_SIZE);
  printf("%d\\n", edgeml_model_selftest(arena, state));
  free(arena);
  free(state);
  return 0;
}
"""


@needs_host_gcc
@pytest.mark.parametrize("name", ["running_sum_int8", "delay_line_int8", "swap"])
def test_buffers_of_the_stated_sizes_suffice_and_the_selftest_resets(name: str, tmp_path: Path) -> None:
    graph = ALL[name]()
    (x,) = frames(graph).values()
    outputs = run(graph, {graph.inputs[0]: x})[graph.outputs[0]]
    manifest = emit(graph, tmp_path / "c", selftest=SelfTest(x, outputs))
    assert manifest.state_bytes > 0
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["state_bytes"] == manifest.state_bytes
    (tmp_path / "c" / "main.c").write_text(_MAIN)
    command = ["gcc", *WARNINGS, *SANITIZE, "-DEDGEML_SELFTEST", "-I.", *manifest.sources, "main.c", "-o", "program"]
    subprocess.run(command, cwd=tmp_path / "c", check=True, timeout=120)
    done = subprocess.run(["./program"], cwd=tmp_path / "c", capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "0\n"


@needs_host_gcc
def test_two_streams_share_an_arena_but_not_a_state(tmp_path: Path) -> None:
    graph = running_sum()
    emit(graph, tmp_path / "c")
    target = HostTarget(tmp_path / "c", "gcc")
    x = np.ones((3, 3), np.float32)
    states = [np.zeros(target.manifest.state_bytes, np.uint8) for _ in range(2)]
    out = np.empty((1, 3), np.float32)
    seen = []
    for turn in range(3):
        for state in states if turn else states[:1]:
            target._run(target._buffers[0].ctypes.data, state.ctypes.data, x.ctypes.data, out.ctypes.data)
            seen.append(float(out[0, 0]))
    assert seen == [1, 2, 1, 3, 2]


def test_models_without_states_have_no_state_parameter(tmp_path: Path) -> None:
    b = GraphBuilder("plain", OPS)
    emit(b.build([b.add("relu", [b.input("x", (1, 2))], name="y")]), tmp_path / "c")
    assert "state" not in (tmp_path / "c" / "plain.h").read_text().lower().replace("restated", "")
    assert "void plain_run(void *arena, const float *input, float *output)" in (tmp_path / "c" / "plain.h").read_text()


def _chain(read_late: bool) -> Graph:
    """twice = 2 s; new = twice + x; with `read_late` the old value is read again after that."""
    b = GraphBuilder("g", OPS)
    x, old = b.input("x", (1, 2)), b.state("s", (1, 2))
    twice = b.add("add", [old, old], BinaryAttrs(), name="twice")
    new = b.add("add", [twice, x], BinaryAttrs(), name="new")
    y = b.add("add", [new, old if read_late else x], BinaryAttrs(), name="y")
    b.next_state(old, new)
    return b.build([y])


def test_a_new_value_is_computed_in_place_only_when_the_old_one_is_read() -> None:
    early, late = plan_memory(_chain(False)), plan_memory(_chain(True))
    assert early.states.direct == {"new": "s"} and early.states.copied == ()
    assert late.states.direct == {} and late.states.copied == (0,)
    # what waits for its copy keeps its memory to the end
    assert late.block("new").last == 3


def test_a_value_that_two_states_take_is_copied_to_both() -> None:
    b = GraphBuilder("g", OPS)
    x = b.input("x", (1, 2))
    a, c = b.state("a", (1, 2)), b.state("c", (1, 2))
    y = b.add("add", [a, c], BinaryAttrs(), name="y")
    new = b.add("add", [x, x], BinaryAttrs(), name="new")
    b.next_state(a, new)
    b.next_state(c, new)
    assert plan_memory(b.build([y])).states.copied == (0, 1)


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0plus"])
def test_the_emulated_core_carries_the_state(core: str, tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn")
    pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
    from edgeml.targets.emulator import EmulatedTarget

    graph = delay_line(int8=True)
    emit(graph, tmp_path / "c")
    target = EmulatedTarget(tmp_path / "c", core)
    x = frames(graph)
    np.testing.assert_array_equal(target.run_stream(x["x"]), run_stream(graph, x)["y"])
    np.testing.assert_array_equal(target.run(x["x"]), run(graph, x)["y"])
    profile = target.profile(x["x"][0])
    assert profile.layers[1].instructions > 0
    assert target.memory.data_bss >= 8


def test_the_firmware_tests_itself_with_a_state(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    from edgeml.targets.firmware import build_firmware

    graph = running_sum(int8=True)
    (x,) = frames(graph, 3).values()
    emit(graph, tmp_path / "c", selftest=SelfTest(x, run(graph, {"x": x})["y"]))
    elf = build_firmware(tmp_path / "c", "cortex-m4", "zig", tmp_path / "firmware.elf")
    command = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-semihosting-config", "enable=on,target=native"]
    done = subprocess.run([*command, "-kernel", str(elf)], capture_output=True, text=True, timeout=60, check=False)
    assert "PASS" in done.stdout + done.stderr
