"""16x8 models as a whole on real samples: the same codes from the reference, LiteRT, ONNX Runtime, C and a core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import c99, litert, onnx
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Array, DType, Graph
from edgeml.quantize import Recipe, quantize, quantize_input
from edgeml.quantize.quantizer import inner_bits
from edgeml.targets.boards import resolve_target
from edgeml.targets.emulator import EmulatedTarget
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

SAMPLES, EMULATED = 200, 5


@dataclass(frozen=True, eq=False)
class Case:
    """A float model with samples that calibrate and others that test."""

    graph: Graph
    calibration: Array
    test: Array


def _images(shared: Path) -> Case:
    train, test = (np.load(shared / "data" / f"cifar10_{part}.npz")["x"] for part in ("train500", "test2000"))
    graph = load(shared / "models" / "mlperf_tiny" / "pretrainedResnet.tflite")
    return Case(graph, train[:100].astype(np.float32), test[:SAMPLES].astype(np.float32))


def _keywords(shared: Path) -> Case:
    folder = shared / "models" / "mlperf_tiny"
    type_ = load(folder / "kws_ref_model.tflite").input_tensors[0].type
    codes = np.load(shared / "data" / "kws01.npz")["x"][: SAMPLES + 100].astype(np.float32)
    x = ((codes - type_.zero_point) * np.float32(type_.scale)).astype(np.float32)
    return Case(load(folder / "kws_ref_model_float32.tflite"), x[SAMPLES:], x[:SAMPLES])


def _recipe(graph: Graph, kind: str) -> Recipe:
    layer = graph.nodes[1].name
    return {
        "all": Recipe(activations="int16"),
        "one layer": Recipe(activation_bits={layer: 16}),
        "all, 4-bit weights": Recipe(activations="int16", weight_bits=inner_bits(graph, 4), rounding="nearest"),
    }[kind]


@pytest.mark.slow
@pytest.mark.needs_gcc
@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("model", "kind"),
    [(_images, "all"), (_keywords, "all"), (_keywords, "one layer"), (_keywords, "all, 4-bit weights")],
    ids=["images", "keywords", "keywords, one layer", "keywords, 4-bit weights"],
)
def test_every_runtime_gives_the_same_codes(model, kind: str, shared: Path, tmp_path: Path) -> None:
    case = model(shared)
    graph = quantize(case.graph, case.calibration, _recipe(case.graph, kind)).graph
    types = {b.output.dtype for b in graph.bound()}
    assert types == ({DType.INT16, DType.INT8} if kind == "one layer" else {DType.INT16})
    x = quantize_input(case.test, graph.input_tensors[0].type)
    want = run_single(graph, x)
    assert len(np.unique(want.argmax(axis=1))) > 5
    np.testing.assert_array_equal(LiteRTTarget(litert.emit(graph)).run(x), want)
    np.testing.assert_array_equal(OnnxRuntimeTarget(onnx.emit(graph)).run(x), want)
    c99.emit(graph, tmp_path / "c", machine=resolve_target("cortex-m4")[0].machine)
    np.testing.assert_array_equal(HostTarget(tmp_path / "c", "gcc").run(x), want)
    found = EmulatedTarget(tmp_path / "c", "cortex-m4", "gcc").run(x[:EMULATED])
    np.testing.assert_array_equal(found, want[:EMULATED])
