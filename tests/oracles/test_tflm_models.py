"""Whole models under tflm numerics: MLPerf Tiny's int8 files against TensorFlow Lite Micro, and against LiteRT's
built-in reference kernels where those compute the same.

EDGEML_TFLM_SAMPLES sets the number of inputs of a model (1000 for the figures in the README).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgeml.backends import litert
from edgeml.backends.c99 import emit
from edgeml.bench.suite import model_input
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph, Numerics
from edgeml.passes import canonicalize, with_numerics
from edgeml.targets.host import HostTarget

pytestmark = pytest.mark.needs_shared
needs_micro = pytest.mark.needs_tflite_micro
SAMPLES = int(os.environ.get("EDGEML_TFLM_SAMPLES", "12"))
EMULATED_SAMPLES = 3
RESNET = "pretrainedResnet_quant"
MODELS = ("kws_ref_model", "vww_96_int8", RESNET, "ad01_int8", "str_ww_ref_model")


def _graph(shared: Path, name: str) -> Graph:
    return with_numerics(canonicalize(load(shared / "models" / "mlperf_tiny" / f"{name}.tflite")), Numerics.TFLM)


def _samples(shared: Path, name: str, graph: Graph, count: int) -> Array:
    """Real inputs where there are some, else random int8."""
    type_ = graph.input_tensors[0].type
    if name == "kws_ref_model":
        x = np.load(shared / "data" / "kws01.npz")["x"][:count]
        return x if x.dtype == np.int8 else model_input(x.astype(np.float32), type_)
    if name == RESNET:
        return model_input(np.load(shared / "data" / "cifar10_test2000.npz")["x"][:count].astype(np.float32), type_)
    return np.random.default_rng(11).integers(-128, 128, (count, *type_.shape[1:])).astype(np.int8)


def _micro(shared: Path, name: str, x: Array) -> Array:
    """The original file in TensorFlow Lite Micro."""
    from edgeml.targets.tflite_micro_runtime import TfliteMicroTarget

    return TfliteMicroTarget((shared / "models" / "mlperf_tiny" / f"{name}.tflite").read_bytes()).run(x)


@needs_micro
@pytest.mark.needs_cc
@pytest.mark.parametrize("name", MODELS)
def test_reference_and_host_c_equal_tensorflow_lite_micro(shared: Path, name: str, tmp_path: Path) -> None:
    graph = _graph(shared, name)
    x = _samples(shared, name, graph, SAMPLES)
    want = _micro(shared, name, x)
    np.testing.assert_array_equal(run_single(graph, x, 64).reshape(want.shape), want)
    emit(graph, tmp_path / "c")
    for toolchain in ("zig", "gcc"):
        np.testing.assert_array_equal(HostTarget(tmp_path / "c", toolchain).run(x).reshape(want.shape), want)


@needs_micro
@pytest.mark.needs_gcc
@pytest.mark.parametrize("toolchain", ["zig", "gcc"])
@pytest.mark.parametrize("name", ["ad01_int8", "str_ww_ref_model", "kws_ref_model"])
def test_the_emulated_core_equals_tensorflow_lite_micro(
    shared: Path, name: str, toolchain: str, tmp_path: Path
) -> None:
    from edgeml.targets.emulator.target import EmulatedTarget

    graph = _graph(shared, name)
    x = _samples(shared, name, graph, EMULATED_SAMPLES)
    emit(graph, tmp_path / "c")
    # an FPU, none, and no long multiplication: the arithmetic is in integers on all of them
    for core in ("cortex-m4", "cortex-m0plus") if name == "ad01_int8" else ("cortex-m4",):
        got = EmulatedTarget(tmp_path / "c", core, toolchain).run(x)
        np.testing.assert_array_equal(got.reshape(len(x), -1), _micro(shared, name, x).reshape(len(x), -1))


def test_residual_network_equals_litert_reference_kernels_up_to_its_fully_connected(shared: Path) -> None:
    """Convolutions, adds and the pool of the whole network; that runtime rounds fully_connected once."""
    graph = _graph(shared, RESNET)
    x = _samples(shared, RESNET, graph, SAMPLES)
    end = next(i for i, n in enumerate(graph.nodes) if n.op == "fully_connected")
    body = replace(graph, outputs=graph.nodes[end].inputs[:1], labels=()).with_nodes(graph.nodes[:end])
    assert {n.op for n in body.nodes} >= {"conv_2d", "add", "average_pool_2d"}
    interpreter = Interpreter(
        model_content=litert.emit(body), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    want = []
    for sample in x:
        interpreter.set_tensor(source, sample[None])
        interpreter.invoke()
        want.append(interpreter.get_tensor(sink))
    np.testing.assert_array_equal(run_single(body, x, 64), np.concatenate(want))
