"""ONNX models as graphs: sizes, bindings, folding, functions; float results against ONNX Runtime."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError, UsageError
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run
from edgeml.ir import Graph
from tests.frontends.onnx.models import model, node

RNG = np.random.default_rng(3)


def weights(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def agrees(proto: onnx.ModelProto, x: np.ndarray, **options: object) -> Graph:
    """The graph, after its output was found to be ONNX Runtime's."""
    data = proto.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    want = session.run(None, {session.get_inputs()[0].name: x})
    graph = from_onnx(data, **options)
    got = run(graph, {graph.inputs[0]: x})
    for name, expected in zip(graph.outputs, want, strict=True):
        np.testing.assert_allclose(got[name], expected, rtol=1e-5, atol=1e-5)
    return graph


def cnn(batch: int | str = "N") -> onnx.ModelProto:
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["c"], ["r"]),
        node("Conv", ["r", "dw"], ["d"], group=8, auto_pad="SAME_UPPER"),
        node("MaxPool", ["d"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Shape", ["p"], ["s"]),
        node("Gather", ["s", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axis"], ["nu"]),
        node("Concat", ["nu", "rest"], ["target"], axis=0),
        node("Reshape", ["p", "target"], ["f"]),
        node("Gemm", ["f", "v", "vb"], ["g"], transB=1),
        node("Softmax", ["g"], ["y"], axis=-1),
    ]
    constants = {
        "w": weights(8, 3, 3, 3), "b": weights(8), "dw": weights(8, 1, 3, 3), "zero": np.array(0),
        "axis": np.array([0]), "rest": np.array([-1]), "v": weights(5, 128), "vb": weights(5),
    }  # fmt: skip
    return model(nodes, {"x": [batch, 3, 16, 16]}, ["y"], constants)


def test_a_convolutional_network_and_its_shape_arithmetic():
    graph = agrees(cnn(), weights(1, 3, 16, 16))
    assert graph.input_tensors[0].shape == (1, 3, 16, 16)
    assert {n.op for n in graph.nodes} == {
        "transpose", "conv_2d", "depthwise_conv_2d", "relu", "max_pool_2d", "reshape", "fully_connected", "softmax",
    }  # fmt: skip
    assert graph.outputs == ("y",)


def test_inputs_in_nhwc():
    x = weights(1, 3, 16, 16)
    data = cnn().SerializeToString()
    graph = from_onnx(data, input_layout="nhwc")
    assert graph.input_tensors[0].shape == (1, 16, 16, 3)
    want = run(from_onnx(data), {"x": x})["y"]
    np.testing.assert_array_equal(run(graph, {"x": x.transpose(0, 2, 3, 1)})["y"], want)


def test_one_dimensional_convolution_and_pool():
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[2, 1], strides=[2], dilations=[1]),
        node("AveragePool", ["c"], ["y"], kernel_shape=[3], pads=[1, 1], count_include_pad=1),
    ]
    agrees(model(nodes, {"x": [1, 4, 20]}, ["y"], {"w": weights(6, 4, 3)}), weights(1, 4, 20))


def test_grouped_convolution():
    nodes = [node("Conv", ["x", "w", "b"], ["y"], group=3)]
    constants = {"w": weights(6, 2, 3, 3), "b": weights(6)}
    agrees(model(nodes, {"x": [1, 6, 8, 8]}, ["y"], constants), weights(1, 6, 8, 8))


@pytest.mark.parametrize(
    "attrs", [{"ceil_mode": 1}, {"ceil_mode": 1, "count_include_pad": 1}, {"auto_pad": "SAME_LOWER"}]
)
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
def test_pools_with_every_padding(op, attrs):
    if op == "MaxPool":
        attrs = {k: v for k, v in attrs.items() if k != "count_include_pad"}
    pads = {} if "auto_pad" in attrs else {"pads": [1, 0, 1, 1]}
    nodes = [node(op, ["x"], ["y"], kernel_shape=[3, 2], strides=[2, 3], **pads, **attrs)]
    agrees(model(nodes, {"x": [1, 2, 9, 8]}, ["y"]), weights(1, 2, 9, 8))


def test_symbolic_sizes_are_asked_for_by_name():
    nodes = [node("Relu", ["x"], ["y"])]
    data = model(nodes, {"x": ["N", 3, "height", "width"]}, ["y"]).SerializeToString()
    with pytest.raises(UnsupportedError, match="height, width") as error:
        from_onnx(data)
    assert "--size height=" in str(error.value)
    graph = from_onnx(data, sizes={"height": 5, "width": 4})
    assert graph.input_tensors[0].shape == (1, 3, 5, 4)
    assert from_onnx(data, sizes={"x:2": 7, "width": 4}).input_tensors[0].shape == (1, 3, 7, 4)
    with pytest.raises(UsageError, match="no symbol"):
        from_onnx(data, sizes={"height": 5, "width": 4, "depth": 3})
    with pytest.raises(UsageError, match="positive"):
        from_onnx(data, sizes={"height": 0, "width": 4})


def test_bound_inputs_are_constants():
    nodes = [node("Reshape", ["x", "shape"], ["r"]), node("Mul", ["r", "factor"], ["y"])]
    types = {"shape": TensorProto.INT64}
    proto = model(nodes, {"x": [2, 6], "shape": [2], "factor": []}, ["y"], types=types)
    graph = from_onnx(proto.SerializeToString(), bind={"shape": np.array([3, -1]), "factor": np.array(2)})
    assert graph.inputs == ("x",)
    assert graph.output_tensors[0].shape == (3, 4)
    with pytest.raises(UsageError, match="no input"):
        from_onnx(proto.SerializeToString(), bind={"other": np.array(1)})
    with pytest.raises(UsageError, match="int64"):
        from_onnx(proto.SerializeToString(), bind={"shape": np.array([3.5, -1])})
    with pytest.raises(UsageError, match="shape"):
        from_onnx(proto.SerializeToString(), bind={"shape": np.array([3])})
    with pytest.raises(UnsupportedError, match="bind"):
        from_onnx(proto.SerializeToString())


def test_a_constant_condition_takes_its_branch():
    then = helper.make_graph([node("Relu", ["x"], ["a"])], "then", [], [helper.make_empty_tensor_value_info("a")])
    other = helper.make_graph([node("Tanh", ["x"], ["b"])], "else", [], [helper.make_empty_tensor_value_info("b")])
    nodes = [node("If", ["condition"], ["y"], then_branch=then, else_branch=other)]
    proto = model(nodes, {"x": [1, 3]}, ["y"], {"condition": np.array(False)})
    graph = from_onnx(proto.SerializeToString())
    assert [n.op for n in graph.nodes] == ["tanh"]


def test_model_local_functions_are_inlined():
    body = [
        node("Mul", ["a", "a"], ["sq"]),
        helper.make_node("Softmax", ["sq"], ["b"]),
    ]
    body[1].attribute.append(onnx.AttributeProto(name="axis", ref_attr_name="along", type=onnx.AttributeProto.INT))
    function = helper.make_function("mine", "Sharpen", ["a"], ["b"], body, [helper.make_opsetid("", 17)], ["along"])
    proto = model([node("Sharpen", ["x"], ["y"], "mine", along=1)], {"x": [1, 5]}, ["y"], domains=["mine"])
    proto.functions.append(function)
    graph = agrees(proto, weights(1, 5))
    assert [n.op for n in graph.nodes] == ["mul", "softmax"]


def test_functions_that_call_themselves_are_refused():
    function = helper.make_function(
        "mine", "Again", ["a"], ["b"], [node("Again", ["a"], ["b"], "mine")], [helper.make_opsetid("mine", 1)]
    )
    proto = model([node("Again", ["x"], ["y"], "mine")], {"x": [1, 5]}, ["y"], domains=["mine"])
    proto.functions.append(function)
    with pytest.raises(UnsupportedError, match="nested"):
        from_onnx(proto.SerializeToString())


def test_all_unsupported_operators_are_named_at_once():
    nodes = [node("StringNormalizer", ["x"], ["a"]), node("Unheard", ["a"], ["y"], "of")]
    with pytest.raises(UnsupportedError, match=r"StringNormalizer, of\.Unheard"):
        from_onnx(model(nodes, {"x": [1]}, ["y"], domains=["of"]).SerializeToString())


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("Relu", ["missing"], ["y"])], {}),
        ([node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])], {}),
        ([node("Relu", ["x"], ["other"])], {}),
        ([node("Relu", [], ["y"])], {}),
        ([node("Concat", ["x", "x"], ["y"], axis=9)], {}),
        ([node("Reshape", ["x", "s"], ["y"])], {"s": np.array([5, 5])}),
        ([node("Conv", ["x", "w"], ["y"])], {"w": np.zeros((4, 7, 3, 3), np.float32)}),
        ([node("Conv", ["x", "w"], ["y"], strides=[0, 1])], {"w": np.zeros((4, 3, 3, 3), np.float32)}),
        ([node("Transpose", ["x"], ["y"], perm=[0, 0, 1, 2])], {}),
    ],
)
def test_inconsistent_graphs_are_typed_errors(nodes, constants):
    with pytest.raises(EdgeMLError):
        from_onnx(model(nodes, {"x": [1, 3, 8, 8]}, ["y"], constants).SerializeToString())


@pytest.mark.parametrize(
    "nodes",
    [
        [node("ConstantOfShape", ["big"], ["c"]), node("Add", ["x", "c"], ["y"])],
        [node("Expand", ["one", "big"], ["c"]), node("Add", ["x", "c"], ["y"])],
        [node("Tile", ["one", "huge"], ["c"]), node("Add", ["x", "c"], ["y"])],
        [node("Range", ["zero", "end", "step"], ["c"]), node("Add", ["x", "c"], ["y"])],
    ],
)
def test_constants_that_outgrow_the_file_are_refused(nodes):
    constants = {
        "big": np.array([2**20, 2**20]), "one": np.ones(1, np.float32), "huge": np.array([2**40]),
        "zero": np.array(0.0), "end": np.array(1e12), "step": np.array(1.0),
    }  # fmt: skip
    with pytest.raises((UnsupportedError, ModelFormatError)):
        from_onnx(model(nodes, {"x": [1]}, ["y"], constants).SerializeToString())


def test_a_weight_that_is_listed_as_an_input_is_a_constant():
    """Files of the first versions."""
    proto = model([node("MatMul", ["x", "w"], ["y"])], {"x": [1, 2], "w": [2, 3]}, ["y"], {"w": weights(2, 3)})
    assert from_onnx(proto.SerializeToString()).inputs == ("x",)


def test_outputs_that_are_inputs_or_constants_are_copied():
    nodes = [node("Identity", ["x"], ["a"]), node("Constant", [], ["b"], value_float=2.0), node("Relu", ["x"], ["c"]),
             node("Identity", ["c"], ["d"])]  # fmt: skip
    graph = from_onnx(model(nodes, {"x": [1, 3]}, ["a", "b", "c", "d"]).SerializeToString())
    assert graph.outputs == ("a", "b", "c", "d")
    x = weights(1, 3)
    got = run(graph, {"x": x})
    np.testing.assert_array_equal(got["a"], x)
    np.testing.assert_array_equal(got["c"], got["d"])


@pytest.mark.parametrize(
    "attrs",
    [
        {"strides": [2, 3], "pads": [1, 0, 0, 1]},
        {"strides": [2, 2], "output_padding": [1, 1]},
        {"strides": [3, 2], "output_shape": [12, 9]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"dilations": [2, 1]},
    ],
)
@pytest.mark.parametrize("groups", [1, 2])
def test_transposed_convolution(attrs, groups):
    nodes = [node("ConvTranspose", ["x", "w", "b"], ["y"], group=groups, **attrs)]
    constants = {"w": weights(4, 3, 3, 2), "b": weights(3 * groups)}
    agrees(model(nodes, {"x": [1, 4, 4, 5]}, ["y"], constants), weights(1, 4, 4, 5))
