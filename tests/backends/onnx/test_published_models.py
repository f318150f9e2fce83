"""MLPerf Tiny's own .tflite files, read and written as ONNX, against LiteRT on the original file."""

from pathlib import Path

import numpy as np
import onnx
import pytest

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


@pytest.mark.parametrize(
    "name",
    [
        "ad01_int8.tflite",
        "vww_96_int8.tflite",
        "kws_ref_model.tflite",
        "pretrainedResnet_quant.tflite",
        "str_ww_ref_model.tflite",
    ],
)
def test_int8_outputs_equal_litert_bit_for_bit(shared: Path, name: str) -> None:
    np.testing.assert_array_equal(*_outputs(shared, name, 60))


def test_residual_networks_keep_int8_kernels(shared: Path) -> None:
    graph = load(shared / "models" / "mlperf_tiny" / "pretrainedResnet_quant.tflite")
    assert "qdqisint8allowed" in OnnxRuntimeTarget(emit(graph)).runtime.flags


@pytest.mark.parametrize("name", ["ad01_fp32.tflite", "vww_96_float.tflite", "pretrainedResnet.tflite"])
def test_float_outputs_agree_to_rounding(shared: Path, name: str) -> None:
    got, want = _outputs(shared, name, 10)
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4 * np.abs(want).max())
