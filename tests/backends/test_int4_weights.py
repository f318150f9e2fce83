"""Weights of four bits: the same bits in every runtime, packed where they stay exact, read back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import edgeml
from edgeml.backends import c99, litert
from edgeml.backends import onnx as onnx_backend
from edgeml.backends.c99.selection.choose import OPTIMIZE, choose
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Graph
from edgeml.ops.weight_bits import weight_bits
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.quantizer import inner_bits
from edgeml.targets.boards import resolve_target
from edgeml.targets.emulator import EmulatedTarget
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.backends.onnx.networks import cnn, mean_net, mlp
from tests.int4_networks import any_input, bits, with_few_bits

NETWORKS = [cnn, mean_net, mlp]
Make = Callable[..., Graph]


@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_the_runtimes_agree_bit_for_bit(make: Make, seed: int) -> None:
    graph = with_few_bits(make(seed, int8=True))
    assert bits(graph) == [8, *[4] * (len(bits(graph)) - 2), 8]
    x = any_input(graph, 100)
    want = run_single(graph, x)
    np.testing.assert_array_equal(LiteRTTarget(litert.emit(graph)).run(x), want)
    np.testing.assert_array_equal(OnnxRuntimeTarget(onnx_backend.emit(graph)).run(x), want)
    assert len(np.unique(want)) > 5


@pytest.mark.parametrize("make", NETWORKS)
def test_files_read_back_give_the_same_graph(make: Make, tmp_path: Path) -> None:
    graph = with_few_bits(make(1, int8=True))
    x = any_input(graph, 50)
    (tmp_path / "m.tflite").write_bytes(litert.emit(graph))
    (tmp_path / "m.onnx").write_bytes(onnx_backend.emit(graph))
    for name in ("m.tflite", "m.onnx"):
        again = edgeml.load(tmp_path / name)
        assert bits(again) == bits(graph)
        assert again.input_tensors[0].dtype == graph.input_tensors[0].dtype
        np.testing.assert_array_equal(run_single(again, x), run_single(graph, x))
    # the ONNX file's names grow, its weights must not
    rewritten = onnx_backend.emit(edgeml.load(tmp_path / "m.onnx"))
    assert _packed(onnx.load_from_string(rewritten)) == _packed(onnx.load(tmp_path / "m.onnx")) != []


@pytest.mark.parametrize("make", NETWORKS)
def test_onnx_files_hold_two_codes_a_byte_and_only_then_a_newer_opset(make: Make) -> None:
    plain, graph = make(2, int8=True), with_few_bits(make(2, int8=True))
    model = onnx.load_from_string(onnx_backend.emit(graph))
    onnx.checker.check_model(model, full_check=True)
    elements = [w for bound, n in _weights(graph) if n == 4 for w in [bound.type.elements]]
    assert sorted(_packed(model)) == sorted(-(-n // 2) for n in elements)
    assert [o.version for o in model.opset_import if not o.domain] == [21]
    assert [o.version for o in onnx.load_from_string(onnx_backend.emit(plain)).opset_import if not o.domain] == [17]


def _weights(graph: Graph) -> list[tuple[edgeml.ir.Tensor, int]]:
    return [(b.input(1), weight_bits(b)) for b in graph.bound() if weight_bits(b)]


def _packed(model: onnx.ModelProto) -> list[int]:
    """Bytes of each constant of four bits."""
    return [len(t.raw_data) for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT4]


@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m3", "cortex-m0plus"])
@pytest.mark.parametrize("make", [cnn, mean_net])
def test_c_libraries_pack_two_weights_in_a_byte_and_agree(make: Make, core: str, tmp_path: Path) -> None:
    plain, graph = make(1, int8=True), with_few_bits(make(1, int8=True))
    machine = resolve_target(core)[0].machine
    full = c99.emit(plain, tmp_path / "plain", machine=machine)
    manifest = c99.emit(graph, tmp_path / "c", machine=machine)
    assert [n for n in manifest.layers if n.kernel.endswith("_s4")]
    assert manifest.weights_bytes < full.weights_bytes
    x = any_input(graph, 20)
    want = run_single(graph, x)
    np.testing.assert_array_equal(EmulatedTarget(tmp_path / "c", core, "gcc").run(x), want)
    np.testing.assert_array_equal(HostTarget(tmp_path / "c", "gcc").run(x), want)


@pytest.mark.parametrize(
    ("core", "kernel"),
    [
        ("cortex-m4", "conv_2d_dsp_s4"),
        ("cortex-m3", "conv_2d_pairs_s4"),
        ("cortex-m0plus", "conv_2d_short_pairs_s4"),
    ],
)
def test_convolutions_are_packed_for_every_core(core: str, kernel: str) -> None:
    graph = with_few_bits(cnn(1, int8=True))
    chosen = [c.call.kernel for c in choose(graph, resolve_target(core)[0].machine, "size")]
    packed = [b.node.op == "conv_2d" and weight_bits(b) == 4 for b in graph.bound()]
    assert any(packed) and {k for k, few in zip(chosen, packed, strict=True) if few} == {kernel}


def test_whoever_asks_for_speed_alone_gets_the_faster_kernels(tmp_path: Path) -> None:
    graph = with_few_bits(mlp(1, int8=True))
    machine = resolve_target("cortex-m4")[0].machine
    kernels = {
        aim: [n.kernel for n in c99.emit(graph, tmp_path / aim, machine=machine, optimize=aim).layers]
        for aim in OPTIMIZE
    }
    packed = {aim for aim, names in kernels.items() if any(n.endswith("_s4") for n in names)}
    assert packed == {"size", "ram", "balanced"}


@pytest.mark.needs_gcc
@pytest.mark.needs_shared
def test_a_published_model_agrees_everywhere(shared: Path, tmp_path: Path) -> None:
    """MLPerf Tiny image classification: packed, and the same bits in every runtime."""
    float_graph = load(shared / "models" / "mlperf_tiny" / "pretrainedResnet.tflite")
    train = np.load(shared / "data" / "cifar10_train500.npz")["x"].astype(np.float32)
    recipe = Recipe(weight_bits=inner_bits(float_graph, 4), rounding="nearest", bias_correction=False)
    graph = quantize(float_graph, train[:20], recipe).graph
    assert bits(graph) == [8, *[4] * 8, 8]
    x = any_input(graph, 20)
    want = run_single(graph, x)
    np.testing.assert_array_equal(LiteRTTarget(litert.emit(graph)).run(x), want)
    np.testing.assert_array_equal(OnnxRuntimeTarget(onnx_backend.emit(graph)).run(x), want)
    manifest = c99.emit(graph, tmp_path / "c", machine=resolve_target("cortex-m4")[0].machine)
    assert manifest.weights_bytes < 0.6 * sum(t.type.nbytes for t in graph.constants)
    np.testing.assert_array_equal(HostTarget(tmp_path / "c", "gcc").run(x), want)
    np.testing.assert_array_equal(EmulatedTarget(tmp_path / "c", "cortex-m4", "gcc").run(x[:2]), want[:2])
