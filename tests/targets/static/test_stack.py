"""The static bound of the stack: never below what was seen, close to it, and the compiler's own frames."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")
pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")

from edgeml.backends import c99
from edgeml.errors import TargetError
from edgeml.frontends import load
from edgeml.ir import Graph
from edgeml.passes import canonicalize
from edgeml.quantize import quantize
from edgeml.targets.architectures import ARM
from edgeml.targets.boards import resolve_target
from edgeml.targets.cores import find_core
from edgeml.targets.elf import read_firmware
from edgeml.targets.emulator import EmulatedTarget
from edgeml.targets.emulator.target import INVOKE
from edgeml.targets.firmware import CFLAGS
from edgeml.targets.static import call_tree, stack_bound
from edgeml.targets.toolchain import core_flags, find_toolchain
from tests.graphs import small_cnn
from tests.targets.firmware_libraries import BUILDS

X = np.random.default_rng(3).random((12, 10, 10, 1)).astype(np.float32)
# soft floating point takes its deepest path for rare values only
LOOSE = 64
# the cores that the larger models are built for
REAL = ("cortex-m0plus", "cortex-m4", "rv32imc", "aarch64")


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {"int8": quantize(small_cnn(), X).graph, "float32": small_cnn()}


def compiled(graph: Graph, core: str, toolchain: str, folder: Path) -> EmulatedTarget:
    c99.emit(graph, folder, machine=resolve_target(core)[0].machine)
    return EmulatedTarget(folder, core, toolchain)


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_the_bound_holds_and_is_close_to_the_painted_stack(core, toolchain, kind, graphs, tmp_path):
    memory = compiled(graphs[kind], core, toolchain, tmp_path / "c").memory
    assert memory.stack_bound is not None
    assert memory.stack <= memory.stack_bound <= memory.stack + LOOSE


@pytest.mark.needs_shared
@pytest.mark.parametrize(("core", "toolchain"), [b for b in BUILDS if b.values[0] in REAL])
@pytest.mark.parametrize("model", ["kws_ref_model", "ad01_int8"])
def test_the_bound_of_real_models_is_tight(core, toolchain, model, shared, tmp_path):
    graph = canonicalize(load(shared / "models" / "mlperf_tiny" / f"{model}.tflite"))
    memory = compiled(graph, core, toolchain, tmp_path / "c").memory
    assert memory.stack_bound is not None
    assert memory.stack <= memory.stack_bound <= memory.stack + 16


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_counts_by_function_are_the_emulator_s_and_nothing_outside_the_tree_runs(core, toolchain, graphs, tmp_path):
    target = compiled(graphs["int8"], core, toolchain, tmp_path / "c")
    profile = target.profile(np.zeros((10, 10, 1), np.int8))
    assert sum(f.instructions for f in profile.functions) == profile.instructions
    known = {f.name for f in target.functions}
    assert {f.name for f in profile.functions if f.instructions} <= known
    assert sum(f.code for f in profile.functions) <= target.memory.code
    assert all(f.stack is not None and f.frame is not None and f.frame <= f.stack for f in profile.functions)


@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_frames_are_those_that_gcc_states(core, graphs, tmp_path):
    target = compiled(graphs["int8"], core, "gcc", tmp_path / "c")
    stated: dict[str, set[int]] = {}
    compiler = find_toolchain("gcc", "arm")
    for source in [*(tmp_path / "c").glob("*.c"), *(tmp_path / "c" / "kernels").glob("*.c")]:
        flags = [*core_flags(compiler, find_core(core)), *CFLAGS, "-fstack-usage", f"-I{tmp_path / 'c'}"]
        subprocess.run([*compiler.command, *flags, "-c", source, "-o", tmp_path / "o.o"], check=True)
        for line in (tmp_path / "o.su").read_text().splitlines():
            place, size, how = line.split("\t")
            assert how == "static", line
            stated.setdefault(place.rsplit(":", 1)[1], set()).add(int(size))
    # gcc counts a frame down to the last push or subtraction of a function, as the walk does
    # but knows nothing of a naked function
    texts = " ".join(p.read_text() for p in (tmp_path / "c" / "kernels").glob("*.[ch]"))
    naked = set(re.findall(r"naked[^;{]*?\bvoid (\w+)\(", texts))
    checked = [f for f in target.functions if f.name in stated and f.name not in naked]
    assert len(checked) > 5
    for function in checked:
        assert function.frame in stated[function.name], function


def linked(text: str, folder: Path, core: str = "cortex-m4"):
    """C source with a function `root`, linked as it is."""
    (folder / "a.c").write_text(text)
    compiler = find_toolchain("gcc", "arm")
    flags = [*core_flags(compiler, find_core(core)), *CFLAGS, "-nostdlib", "-Wl,-e,root"]
    subprocess.run([*compiler.command, *flags, folder / "a.c", "-o", folder / "a.elf"], check=True)
    return read_firmware(folder / "a.elf")


@pytest.mark.needs_gcc
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("int root(int n) { volatile int x = n; return n ? root(n - 1) + x : 0; }", "calls itself"),
        ("int root(int (*f)(int)) { volatile int x = 1; return f(x) + x; }", "calls through a pointer"),
        (
            "int root(int n) { volatile int x[n]; for (int i = 0; i < n; ++i) x[i] = i; return x[n / 2]; }",
            "computes its stack pointer",
        ),
    ],
)
def test_code_without_a_bound_is_refused_with_the_reason(text, reason, tmp_path):
    with pytest.raises(TargetError, match=f"function 'root': {reason}.*no static bound"):
        stack_bound(linked(text, tmp_path), ARM, "root")


@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_jump_tables_large_frames_and_tail_calls_are_followed(core, tmp_path):
    cases = "".join(f"case {i}: return leaf(x + {i}) * {i * 7 + 3};" for i in range(12))
    text = f"""
        __attribute__((noinline)) int leaf(int n) {{ volatile char b[900]; b[n & 511] = 1; return b[3]; }}
        __attribute__((noinline)) int middle(int k, int x) {{ switch (k) {{ {cases} }} return 0; }}
        int root(int k) {{ volatile int a[40]; a[k & 7] = k; return middle(k, a[0]) + a[1]; }}
    """
    firmware = linked(text, tmp_path, core)
    found = {f.name: f for f in call_tree(firmware, ARM, "root")}
    assert 900 <= found["leaf"].frame <= 940
    assert found["root"].frame >= 160
    assert found["middle"].deepest == "leaf" and found["root"].deepest == "middle"
    assert found["root"].stack >= found["root"].frame + found["leaf"].frame
    # one call returns, the others are jumps
    assert found["middle"].stack <= found["middle"].frame + found["leaf"].frame


@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_a_pointer_that_the_function_itself_chose_is_followed(core, tmp_path):
    text = """
        __attribute__((noinline)) int small(int n) { volatile int x = n; return x; }
        __attribute__((noinline)) int large(int n) { volatile int x[50]; x[n & 31] = n; return x[3]; }
        int root(int n) {
          int (*const f)(int) = n & 1 ? small : large;
          int sum = 0;
          for (int i = 0; i < n; ++i) sum += f(i) * 3;
          return sum;
        }
    """
    found = {f.name: f for f in call_tree(linked(text, tmp_path, core), ARM, "root")}
    assert found["root"].stack == found["root"].frame + found["large"].frame
    assert found["root"].deepest == "large" and "small" in found


def test_the_tree_begins_at_the_call_of_the_model(graphs, tmp_path):
    target = compiled(graphs["int8"], "cortex-m4", "zig", tmp_path / "c")
    first = target.functions[0]
    assert first.name == INVOKE and first.stack == max(f.stack for f in target.functions)
    names = {f.name for f in target.functions}
    assert {layer.symbol for layer in target.library.layers} <= names
