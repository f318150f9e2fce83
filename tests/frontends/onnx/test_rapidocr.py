"""A network from the wild: the text-direction classifier of rapidocr-onnxruntime (MobileNetV3, dynamic sizes)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edgeml.backends import c99, litert
from edgeml.backends import onnx as onnx_backend
from edgeml.errors import UnsupportedError
from edgeml.frontends import load
from edgeml.interpreter import run
from edgeml.ir import Graph
from edgeml.passes import canonicalize
from edgeml.passes.transpose_sinking import count_transposes
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from edgeml.targets.toolchain import has_toolchain

_found = importlib.util.find_spec("rapidocr_onnxruntime")
pytestmark = pytest.mark.skipif(_found is None, reason="rapidocr-onnxruntime is not installed")
FOLDER = Path(_found.origin).parent / "models" if _found and _found.origin else Path()
MODEL = FOLDER / "ch_ppocr_mobile_v2.0_cls_infer.onnx"
SIZES = {"x:2": 48, "x:3": 64}


def images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (count, 3, 48, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return canonicalize(load(MODEL, "classifier", sizes=SIZES))


@pytest.fixture(scope="module")
def want() -> np.ndarray:
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"x": x[None]})[0] for x in images()])


def test_its_sizes_are_asked_for():
    with pytest.raises(UnsupportedError, match=r"x:2, x:3"):
        load(MODEL)


def test_the_reference_equals_onnx_runtime(graph, want):
    assert count_transposes(graph) == 1
    got = run(graph, {"x": images()})[graph.outputs[0]]
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)


def test_litert_equals_onnx_runtime_on_the_original(graph, want):
    np.testing.assert_allclose(LiteRTTarget(litert.emit(graph)).run(images()), want, rtol=1e-4, atol=1e-6)


def test_onnx_equals_onnx_runtime_on_the_original(graph, want):
    np.testing.assert_allclose(OnnxRuntimeTarget(onnx_backend.emit(graph)).run(images()), want, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not has_toolchain("gcc"), reason="gcc is not installed")
def test_host_c_equals_onnx_runtime_on_the_original(graph, want, tmp_path):
    c99.emit(graph, tmp_path / "c")
    np.testing.assert_allclose(HostTarget(tmp_path / "c", "gcc").run(images()), want, rtol=1e-4, atol=1e-6)
