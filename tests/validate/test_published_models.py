"""MLPerf Tiny's int8 models: every runtime computes the same codes; EDGEML_SAMPLES sets how many inputs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeml.frontends import load
from edgeml.passes import canonicalize
from edgeml.validate.run import validate_graph
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
