"""Compiled models on emulated cores: the interpreter's bits for int8, one answer of all cores for float."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")
pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")

from edgeml.backends import c99
from edgeml.interpreter import run_single
from edgeml.ir import Graph
from edgeml.quantize import quantize
from edgeml.targets.emulator import EmulatedTarget
from tests.graphs import small_cnn
from tests.targets.firmware_libraries import BUILDS, OTHERS, TOOLCHAINS

X = np.random.default_rng(3).random((12, 10, 10, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def int8_graph() -> Graph:
    return quantize(small_cnn(), X).graph


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory, int8_graph: Graph) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compiled")
    c99.emit(int8_graph, folder / "int8")
    c99.emit(small_cnn(), folder / "float32")
    return {"int8": folder / "int8", "float32": folder / "float32"}


@pytest.mark.parametrize(("core", "toolchain"), [b for b in BUILDS if b.values[0] not in ("cortex-m3", "cortex-m7")])
def test_int8_equals_the_interpreter_bit_for_bit(
    core: str, toolchain: str, libraries: dict[str, Path], int8_graph: Graph
) -> None:
    x = np.random.default_rng(4).integers(-128, 128, (12, 10, 10, 1)).astype(np.int8)
    found = EmulatedTarget(libraries["int8"], core, toolchain).run(x)
    np.testing.assert_array_equal(found, run_single(int8_graph, x))


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_float32_is_the_same_bits_with_and_without_an_fpu(toolchain: str, libraries: dict[str, Path]) -> None:
    cores = ["cortex-m0plus", "cortex-m4", *(OTHERS if toolchain == "zig" else [])]
    found = [EmulatedTarget(libraries["float32"], core, toolchain).run(X[:3]) for core in cores]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].view(np.uint32), other.view(np.uint32))
    np.testing.assert_allclose(found[0], run_single(small_cnn(), X[:3]), atol=1e-5)


def test_every_layer_has_its_counts(libraries: dict[str, Path]) -> None:
    target = EmulatedTarget(libraries["int8"], "cortex-m4")
    profile = target.profile(np.zeros((10, 10, 1), np.int8))
    assert all(layer.instructions > 0 and (layer.cycles or 0) > 0 for layer in profile.layers)
    assert sum(layer.macs for layer in profile.layers) > 0
    convolution = profile.layers[0]
    assert convolution.op == "conv_2d" and convolution.instructions > convolution.macs
    assert target.memory.weights >= 54 + 8 * 54
