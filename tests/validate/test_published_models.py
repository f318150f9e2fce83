"""MLPerf Tiny's int8 models: every runtime computes the same codes; EDGEML_SAMPLES sets how many inputs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.frontends import load
from edgeml.interpreter import run
from edgeml.passes import canonicalize, with_numerics
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.validate.run import validate_graph
from edgeml.validate.runners.base import exposed
from edgeml.validate.samples import data_samples, random_samples

pytestmark = [pytest.mark.needs_shared, pytest.mark.needs_cc]
SAMPLES = int(os.environ.get("EDGEML_SAMPLES", "8"))
DATA = {"kws_ref_model": "kws01.npz", "pretrainedResnet_quant": "ic01.npz"}


@pytest.mark.parametrize(
    "name", ["kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8", "str_ww_ref_model"]
)
def test_all_runtimes_are_identical(shared: Path, name: str) -> None:
    path = shared / "models" / "mlperf_tiny" / f"{name}.tflite"
    graph = canonicalize(load(path))
    if name in DATA:
        samples = data_samples(str(shared / "data" / DATA[name]), graph, SAMPLES)
    else:
        samples = random_samples(graph, SAMPLES, 0)
    found = validate_graph(graph, samples, ("litert", "onnxruntime", "host", "cortex-m4"), path=path)
    assert not found.skipped
    assert len(found.runners) == 6
    assert {
        (p.first_name, p.second_name): p.difference.mismatched for p in found.pairs if not p.difference.identical
    } == {}
    assert found.accumulators and not any(a.overflows for a in found.accumulators)


@pytest.mark.parametrize(("name", "correct", "n"), [("kws_ref_model", 902, 1000), ("pretrainedResnet_quant", 170, 200)])
def test_published_accuracy_is_reproduced(shared: Path, name: str, correct: int, n: int) -> None:
    path = shared / "models" / "mlperf_tiny" / f"{name}.tflite"
    graph = canonicalize(load(path))
    samples = data_samples(str(shared / "data" / DATA[name]), graph, None)
    found = validate_graph(graph, samples, ("litert", "onnxruntime", "host"), path=path)
    assert {r.name: (r.correct, r.samples) for r in found.runners} == dict.fromkeys(
        ["reference", "litert:original", "litert", "onnxruntime", "host"], (correct, n)
    )


def test_reference_kernels_equal_tflm_numerics_up_to_the_dense_layer_which_they_round_once(shared: Path) -> None:
    path = shared / "models" / "mlperf_tiny" / "pretrainedResnet_quant.tflite"
    graph = exposed(with_numerics(canonicalize(load(path)), "tflm"))
    (x,) = data_samples(str(shared / "data" / DATA["pretrainedResnet_quant"]), graph, 4 * SAMPLES).arrays
    found = dict(zip(graph.outputs, LiteRTTarget(litert.emit(graph), resolver="ref").run_all([x]), strict=True))
    want = run(graph, {graph.inputs[0]: x})
    dense = next(b for b in graph.bound() if b.node.op == "fully_connected")
    before = [n.outputs[0] for n in graph.nodes[: graph.nodes.index(dense.node)]]
    assert len(before) == 14
    assert {n: int((found[n] != want[n]).sum()) for n in before} == dict.fromkeys(before, 0)
    out, w, bias = dense.output.type, dense.input(1), dense.input(2)
    assert w.data is not None and bias.data is not None and w.quantization is not None
    centred = found[dense.input(0).name].reshape(len(x), -1).astype(np.int64) - dense.input(0).type.zero_point
    real = np.float64(dense.input(0).type.scale) * np.float64(w.quantization.scale[0]) / np.float64(out.scale)
    once = np.rint((centred @ w.data.T.astype(np.int64) + bias.data) * real) + out.zero_point
    np.testing.assert_array_equal(found[dense.output.name].reshape(len(x), -1), np.clip(once, -128, 127))
