import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeml.errors import DataError, ModelFormatError
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget


def _doubling_model() -> bytes:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "doubling", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(onnx.ModelProto.SerializeToString(model))


def test_runs_every_sample_of_an_array() -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    target = OnnxRuntimeTarget(_doubling_model())
    np.testing.assert_array_equal(target.run(x), 2 * x)
    assert target.runtime.name == "ONNX Runtime"
    assert target.latency(x, runs=5, warmup=1).runs == 5


@pytest.mark.parametrize("content", [b"", b"no model", b"\0" * 64])
def test_a_file_that_is_no_model_is_a_format_error(content: bytes) -> None:
    with pytest.raises(ModelFormatError, match="ONNX Runtime cannot load the model"):
        OnnxRuntimeTarget(content)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 4), np.float32), r"samples must have shape \(3,\)"),
        (np.zeros((2, 3), np.int8), "must be float32. Got int8"),
        (np.zeros((0, 3), np.float32), "at least one"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        OnnxRuntimeTarget(_doubling_model()).run(x)


def test_inputs_are_counted() -> None:
    x = np.zeros((1, 3), np.float32)
    with pytest.raises(DataError, match="1 inputs"):
        OnnxRuntimeTarget(_doubling_model()).run_all([x, x])
