"""MLPerf Tiny's own .tflite files, read and written as ONNX, against LiteRT on the original file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml.backends import litert
from edgeml.backends.onnx import emit
from edgeml.frontends import load
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

pytestmark = pytest.mark.needs_shared


def _outputs(shared: Path, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    path = shared / "models" / "mlperf_tiny" / name
    original = LiteRTTarget(path.read_bytes())
    spec, rng = original.inputs[0], np.random.default_rng(1)
    shape = (count, *spec.shape[1:])
    x = rng.integers(-128, 128, shape).astype(np.int8) if spec.dtype == np.int8 else rng.random(shape, np.float32)
    model = emit(load(path))
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    return OnnxRuntimeTarget(model).run(x), original.run(x)


@pytest.mark.parametrize("name", ["ad01_int8.tflite", "vww_96_int8.tflite", "kws_ref_model.tflite"])
def test_int8_outputs_equal_litert_bit_for_bit(shared: Path, name: str) -> None:
    np.testing.assert_array_equal(*_outputs(shared, name, 60))


def test_residual_int8_network_equals_litert_up_to_its_average_pool(shared: Path) -> None:
    """The pool's exact halves are the documented difference; the residual blocks before it agree."""
    graph = load(shared / "models" / "mlperf_tiny" / "pretrainedResnet_quant.tflite")
    pool = next(i for i, n in enumerate(graph.nodes) if n.op == "average_pool_2d")
    assert any(n.op == "add" for n in graph.nodes[:pool])
    blocks = replace(graph, outputs=graph.nodes[pool].inputs[:1], labels=()).with_nodes(graph.nodes[:pool])
    x = np.random.default_rng(1).integers(-128, 128, (20, 32, 32, 3)).astype(np.int8)
    target = OnnxRuntimeTarget(emit(blocks))
    assert "qdqisint8allowed" in target.runtime.flags
    np.testing.assert_array_equal(target.run(x), LiteRTTarget(litert.emit(blocks)).run(x))


@pytest.mark.parametrize("name", ["ad01_fp32.tflite", "vww_96_float.tflite", "pretrainedResnet.tflite"])
def test_float_outputs_agree_to_rounding(shared: Path, name: str) -> None:
    got, want = _outputs(shared, name, 10)
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4 * np.abs(want).max())
