"""Inputs and outputs in the arena, in the caller's memory, and inputs that stay as they are."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99 import emit
from edgeml.interpreter import run, run_single
from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.pooling import PoolAttrs
from edgeml.targets.host import HostTarget, compiled_library, read_manifest
from edgeml.targets.toolchain import find_toolchain
from tests.backends.c99.graphs import classifier, two_by_two

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


class _Library:
    """A compiled library with an arena of its own."""

    def __init__(self, graph: Graph, folder: Path, keep_input: bool = False) -> None:
        self.manifest = emit(graph, folder, keep_input=keep_input)
        self.target = HostTarget(folder, "gcc")
        self.arena = self.target._buffers[0]

    def place(self, offset: int | None, nbytes: int) -> Array:
        assert offset is not None
        return self.arena[offset : offset + nbytes]

    def call(self, *pointers: Array) -> None:
        self.target._run(self.arena.ctypes.data, *(p.ctypes.data for p in pointers))


def _image(seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(-128, 128, (1, 8, 8, 1)).astype(np.int8)


def test_input_and_output_in_the_arena_need_no_memory_beside_it(tmp_path: Path) -> None:
    graph = classifier()
    library = _Library(graph, tmp_path / "c")
    (inp,), (out,) = library.manifest.inputs, library.manifest.outputs
    x, y = library.place(inp.offset, 64), library.place(out.offset, 4)
    for seed in range(5):
        x[:] = _image(seed).ravel().view(np.uint8)
        library.call(x, y)
        np.testing.assert_array_equal(y.view(np.int8), run_single(graph, _image(seed))[0])


@pytest.mark.parametrize("keep_input", [False, True])
def test_the_callers_memory_works_too_and_its_input_is_only_read(keep_input: bool, tmp_path: Path) -> None:
    graph = classifier()
    library = _Library(graph, tmp_path / "c", keep_input)
    x, y = _image(), np.zeros(4, np.int8)
    before = x.copy()
    for _ in range(2):
        library.call(x, y)
        np.testing.assert_array_equal(y, run_single(graph, x)[0])
        np.testing.assert_array_equal(x, before)


def test_some_ports_in_the_arena_and_some_outside(tmp_path: Path) -> None:
    graph = two_by_two()
    library = _Library(graph, tmp_path / "c")
    rng = np.random.default_rng(1)
    values = {n: rng.integers(-128, 128, (1, 6)).astype(np.int8) for n in graph.inputs}
    want = run(graph, values)
    left = library.place(library.manifest.inputs[0].offset, 6)
    total = library.place(library.manifest.outputs[1].offset, 6)
    left[:] = values["left"].ravel().view(np.uint8)
    table = np.zeros(12, np.int8)
    library.call(left, values["right"], table, total)
    np.testing.assert_array_equal(table, want["table"].ravel())
    np.testing.assert_array_equal(total.view(np.int8), want["total"].ravel())


def test_an_input_that_is_kept_has_no_place_in_the_arena(tmp_path: Path) -> None:
    manifest = emit(classifier(), tmp_path / "c", keep_input=True)
    assert manifest.inputs[0].offset is None and manifest.outputs[0].offset is not None
    header = (tmp_path / "c" / "tiny_net.h").read_text()
    assert "tiny_net_output(void *arena)" in header and "tiny_net_input(" not in header
    assert manifest.arena_bytes <= emit(classifier(), tmp_path / "d").arena_bytes


@pytest.mark.parametrize("keep_input", [False, True])
def test_the_firmware_takes_its_input_wherever_it_lies(keep_input: bool, tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn")
    pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
    from edgeml.targets.emulator import EmulatedTarget

    graph = classifier()
    emit(graph, tmp_path / "c", keep_input=keep_input)
    target = EmulatedTarget(tmp_path / "c", "cortex-m4")
    np.testing.assert_array_equal(target.run(_image()), run_single(graph, _image()))
    assert target.memory.data_bss >= (64 if keep_input else 0)
    assert keep_input or target.memory.data_bss < 64


def test_the_header_is_c_and_cpp(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed")
    emit(classifier(), tmp_path / "c")
    text = (
        '#include "tiny_net.h"\nint8_t *f(void *arena) { return tiny_net_input(arena) + (*tiny_net_output(arena)); }\n'
    )
    (tmp_path / "f.cpp").write_text(text)
    subprocess.run(
        [compiler, "-Wall", "-Wextra", "-Werror", "-Ic", "-c", "f.cpp"], cwd=tmp_path, check=True, timeout=60
    )


@pytest.mark.parametrize(("scale", "reals"), [(1 / 255, np.float32(1 / 255)), (1.0, np.float32(1))])
def test_bytes_of_a_picture_become_the_codes_of_their_reals(scale: float, reals: np.float32, tmp_path: Path) -> None:
    graph = _picture(Quantization.per_tensor(scale, -128))
    folder = _emitted(graph, tmp_path)
    compiler = find_toolchain("gcc", "host")
    pixels, got, want = np.arange(256, dtype=np.uint8), np.zeros((2, 256), np.int8), np.zeros(256, np.int8)
    library = ctypes.CDLL(str(compiled_library(folder, compiler, read_manifest(folder))))
    library.picture_pixels_input(*(ctypes.c_void_p(a.ctypes.data) for a in (pixels, got)))
    real = pixels * reals
    library.picture_quantize_input(*(ctypes.c_void_p(a.ctypes.data) for a in (real, want)))
    np.testing.assert_array_equal(got[0], want)
    np.testing.assert_array_equal(got[0], pixels.astype(np.int16) - 128)


@pytest.mark.parametrize("quantization", [(1 / 250, -128), (1 / 255, 0), (0.02, -128)])
def test_other_ranges_have_no_function_for_bytes(quantization: tuple[float, int], tmp_path: Path) -> None:
    folder = _emitted(_picture(Quantization.per_tensor(*quantization)), tmp_path)
    assert "pixels_input" not in (folder / "picture.h").read_text()


def _picture(quantization: Quantization) -> Graph:
    b = GraphBuilder("picture", OPS)
    x = b.input("image", (1, 16, 16, 1), DType.INT8, quantization)
    return b.build([b.add("max_pool_2d", [x], PoolAttrs((2, 2), (2, 2)), name="y", quantization=quantization)])


def _emitted(graph: Graph, folder: Path) -> Path:
    emit(graph, folder / "c")
    return folder / "c"
