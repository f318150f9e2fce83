"""The host target: compiled libraries equal the references, and are compiled once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99 import emit
from edgeml.errors import DataError, ModelFormatError, ToolchainError
from edgeml.interpreter import run, run_single
from edgeml.targets import host
from edgeml.targets.cores import CORES
from edgeml.targets.host import HostTarget
from edgeml.targets.toolchain import has_toolchain
from tests.backends.c99.graphs import classifier, two_by_two


@pytest.fixture(params=["zig", "gcc"])
def toolchain(request: pytest.FixtureRequest) -> str:
    if not has_toolchain(request.param):
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_outputs_equal_the_interpreter(toolchain: str, tmp_path: Path) -> None:
    graph = classifier()
    x = np.random.default_rng(0).integers(-128, 128, (100, 8, 8, 1)).astype(np.int8)
    emit(graph, tmp_path / "c")
    target = HostTarget(tmp_path / "c", toolchain)
    np.testing.assert_array_equal(target.run(x), run_single(graph, x))
    assert "-ffp-contract=off" in target.runtime.flags and target.runtime.compiler


def test_kernels_with_vectors_compute_the_same(toolchain: str, tmp_path: Path) -> None:
    graph = classifier()
    x = np.random.default_rng(0).integers(-128, 128, (100, 8, 8, 1)).astype(np.int8)
    manifest = emit(graph, tmp_path / "c", machine=CORES["host"].machine)
    assert any(layer.kernel.endswith("_simd_s8") for layer in manifest.layers)
    target = HostTarget(tmp_path / "c", toolchain)
    np.testing.assert_array_equal(target.run(x), run_single(graph, x))
    # a call for timings writes nothing but its own output
    target.caller(x[:1])()


def test_float32_outputs_agree(toolchain: str, tmp_path: Path) -> None:
    graph = classifier(int8=False)
    x = np.random.default_rng(0).normal(size=(50, 8, 8, 1)).astype(np.float32)
    emit(graph, tmp_path / "c")
    # probabilities: errors of the sums before softmax are a few 1e-6
    np.testing.assert_allclose(HostTarget(tmp_path / "c", toolchain).run(x), run_single(graph, x), rtol=0, atol=2e-6)


def test_several_inputs_and_outputs(toolchain: str, tmp_path: Path) -> None:
    graph = two_by_two()
    rng = np.random.default_rng(1)
    x = [rng.integers(-128, 128, (1, 6)).astype(np.int8) for _ in range(2)]
    emit(graph, tmp_path / "c")
    want = run(graph, dict(zip(graph.inputs, x, strict=True)))
    for name, got in zip(graph.outputs, HostTarget(tmp_path / "c", toolchain).run_all(x), strict=True):
        np.testing.assert_array_equal(got, want[name])


def test_the_same_sources_are_compiled_once(
    toolchain: str, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit(classifier(), tmp_path / "c")
    HostTarget(tmp_path / "c", toolchain)
    assert len(list(own_cache.rglob("tiny_net-*"))) == 1

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(host, "compile_shared_library", refuse)
    HostTarget(tmp_path / "c", toolchain)
    emit(classifier(int8=False), tmp_path / "c")
    with pytest.raises(AssertionError, match="compiled again"):
        HostTarget(tmp_path / "c", toolchain)


def test_latency_is_positive_and_ordered(toolchain: str, tmp_path: Path) -> None:
    emit(classifier(), tmp_path / "c")
    latency = HostTarget(tmp_path / "c", toolchain).latency(np.zeros((3, 8, 8, 1), np.int8), runs=50, warmup=5)
    assert latency.unit == "us" and latency.runs == 50 and 0 < latency.median <= latency.p95


def test_wrong_samples_are_refused(toolchain: str, tmp_path: Path) -> None:
    emit(classifier(), tmp_path / "c")
    target = HostTarget(tmp_path / "c", toolchain)
    with pytest.raises(DataError, match="image"):
        target.run(np.zeros((1, 9, 8, 1), np.int8))
    with pytest.raises(DataError, match="must be int8"):
        target.run(np.zeros((1, 8, 8, 1), np.float32))


def test_a_folder_without_a_library_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="does not exist"):
        HostTarget(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "edgeml.c99/1"}))
    with pytest.raises(ModelFormatError, match="Compile the model again"):
        HostTarget(tmp_path)


def test_broken_sources_give_a_compiler_error(toolchain: str, tmp_path: Path) -> None:
    emit(classifier(), tmp_path / "c")
    (tmp_path / "c" / "tiny_net.c").write_text("int broken(\n")
    with pytest.raises(ToolchainError, match="error"):
        HostTarget(tmp_path / "c", toolchain)
