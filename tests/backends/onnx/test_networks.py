"""Whole networks: ONNX Runtime against LiteRT bit for bit, and the form of the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml import __version__
from edgeml.backends import litert
from edgeml.backends.onnx import emit
from edgeml.errors import UsageError
from edgeml.interpreter import run_single
from edgeml.ir import Graph
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.backends.onnx.networks import cnn, image_to_image, mean_net, mlp

NETWORKS = [cnn, mean_net, mlp, image_to_image]
Make = Callable[..., Graph]


def _int8_inputs(graph: Graph, count: int = 200) -> np.ndarray:
    shape = (count, *graph.input_tensors[0].shape[1:])
    return np.random.default_rng(5).integers(-128, 128, shape).astype(np.int8)


def _float_inputs(graph: Graph, count: int = 50) -> np.ndarray:
    return np.random.default_rng(6).normal(size=(count, *graph.input_tensors[0].shape[1:])).astype(np.float32)


@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("seed", range(4))
def test_int8_networks_equal_litert_bit_for_bit(make: Make, seed: int) -> None:
    graph = make(seed, int8=True)
    x = _int8_inputs(graph)
    want = LiteRTTarget(litert.emit(graph)).run(x)
    np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph)).run(x), want)
    assert len(np.unique(want)) > 5


@pytest.mark.parametrize("make", NETWORKS)
def test_float_boundary_equals_litert_bit_for_bit(make: Make) -> None:
    graph = make(1, int8=True)
    x = _float_inputs(graph)
    want = LiteRTTarget(litert.emit(graph, io="float32")).run(x)
    np.testing.assert_array_equal(OnnxRuntimeTarget(emit(graph, io="float32")).run(x), want)


@pytest.mark.parametrize("make", NETWORKS)
def test_float_networks_equal_the_interpreter(make: Make) -> None:
    graph = make(2, int8=False)
    x = _float_inputs(graph)
    np.testing.assert_allclose(OnnxRuntimeTarget(emit(graph)).run(x), run_single(graph, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("make", [cnn, mlp])
def test_no_layer_of_an_int8_network_runs_in_float(make: Make, softmax: bool, tmp_path: Path) -> None:
    optimized = tmp_path / "optimized.onnx"
    OnnxRuntimeTarget(emit(make(0, int8=True, softmax=softmax)), optimized=optimized)
    ops = {n.op_type for n in onnx.load(optimized).graph.node}
    assert "QGemm" in ops
    assert not ops & {"Conv", "Gemm", "MatMul", "Softmax", "Relu"}


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("make", NETWORKS)
def test_files_are_valid_with_full_shape_inference(make: Make, int8: bool) -> None:
    model = onnx.load_from_string(emit(make(3, int8=int8)))
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert model.opset_import[0].version >= 17
    assert (model.producer_name, model.producer_version) == ("edgeml", __version__)


@pytest.mark.parametrize(("io", "kind"), [("int8", onnx.TensorProto.INT8), ("float32", onnx.TensorProto.FLOAT)])
@pytest.mark.parametrize("make", NETWORKS)
def test_the_boundary_keeps_names_types_and_layout(make: Make, io: str, kind: int) -> None:
    graph = make(0, int8=True)
    model = onnx.load_from_string(emit(graph, io=io)).graph
    for given, want in ((model.input, graph.input_tensors), (model.output, graph.output_tensors)):
        assert [v.name for v in given] == [t.name for t in want]
        assert [tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in given] == [t.shape for t in want]
        assert {v.type.tensor_type.elem_type for v in given} == {kind}


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(("make", "count"), [(cnn, 1), (mean_net, 0), (mlp, 0), (image_to_image, 2)])
def test_layouts_change_at_the_boundary_only(make: Make, count: int, int8: bool) -> None:
    graph = make(0, int8=int8)
    nodes = onnx.load_from_string(emit(graph)).graph.node
    transposes = [n.name for n in nodes if n.op_type == "Transpose"]
    assert len(transposes) == count
    assert all(n.endswith(("/nchw", "/nhwc")) or n in graph.outputs for n in transposes)


def test_weights_are_stored_as_int8_with_a_scale_for_each_channel() -> None:
    graph = mlp(0, int8=True)
    model = onnx.load_from_string(emit(graph)).graph
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in model.initializer}
    weights = [t for t in graph.constants if t.dtype.value == "int8"]
    assert len(weights) == 3
    for tensor in weights:
        np.testing.assert_array_equal(stored[tensor.name], tensor.data)
        np.testing.assert_array_equal(stored[f"{tensor.name}/scale"], tensor.quantization.scales)


def test_labels_travel_with_the_file() -> None:
    properties = onnx.load_from_string(emit(mlp(0, int8=False))).metadata_props
    assert [(p.key, p.value) for p in properties] == [("labels", "a\nb\nc")]


@pytest.mark.parametrize("int8", [False, True])
def test_the_same_graph_gives_the_same_bytes(int8: bool) -> None:
    assert emit(cnn(0, int8=int8)) == emit(cnn(0, int8=int8))


def test_a_graph_without_layers_passes_its_input_through() -> None:
    graph = mlp(0, int8=False)
    through = graph.with_nodes(()).__class__(
        "through", graph.inputs, graph.inputs, {n: graph.tensor(n) for n in graph.inputs}, ()
    )
    with pytest.raises(UsageError, match="input 'input' is an output too"):
        emit(through)


def test_an_unknown_boundary_type_is_refused() -> None:
    with pytest.raises(UsageError, match="io must be int8 or float32"):
        emit(mlp(0, int8=False), io="int4")  # type: ignore[arg-type]
