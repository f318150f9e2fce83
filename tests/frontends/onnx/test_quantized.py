"""QDQ and QLinear models as int8 graphs, against ONNX Runtime on the original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from edgeml.errors import UnsupportedError
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run
from edgeml.ir import DType, Graph
from edgeml.passes import canonicalize
from tests.frontends.onnx.models import model, node

RNG = np.random.default_rng(11)


def weights(*shape: int) -> np.ndarray:
    return (RNG.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32)


def cnn() -> onnx.ModelProto:
    """conv relu, depthwise, residual, max pool, global average, dense."""
    nodes = [
        node("Conv", ["x", "w0", "b0"], ["c0"], pads=[1, 1, 1, 1]),
        node("Relu", ["c0"], ["r0"]),
        node("Conv", ["r0", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], group=8),
        node("Relu", ["c1"], ["r1"]),
        node("Add", ["r0", "r1"], ["s"]),
        node("MaxPool", ["s"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p", "w2", "b2"], ["c2"], strides=[2, 2]),
        node("GlobalAveragePool", ["c2"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w3", "b3"], ["y"], transB=1),
    ]
    constants = {
        "w0": weights(8, 3, 3, 3), "b0": weights(8, 1)[:, 0], "w1": weights(8, 1, 3, 3), "b1": weights(8, 1)[:, 0],
        "w2": weights(12, 8, 3, 3), "b2": weights(12, 1)[:, 0], "w3": weights(5, 12), "b3": weights(5, 1)[:, 0],
    }  # fmt: skip
    return model(nodes, {"x": [1, 3, 12, 12]}, ["y"], constants, opset=17)


class _Samples(CalibrationDataReader):
    def __init__(self, x: np.ndarray) -> None:
        self._left = iter([{"x": row[None]} for row in x])

    def get_next(self) -> Any:
        return next(self._left, None)


def quantized(tmp_path: Path, **options: Any) -> bytes:
    source, target = tmp_path / "float.onnx", tmp_path / "int8.onnx"
    source.write_bytes(cnn().SerializeToString())
    x = RNG.standard_normal((32, 3, 12, 12)).astype(np.float32)
    quantize_static(source, target, _Samples(x), **options)
    return target.read_bytes()


def outputs(data: bytes, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {session.get_inputs()[0].name: row[None]})[0] for row in x])


def int8_operators(graph: Graph) -> set[str]:
    return {b.node.op for b in graph.bound() if b.output.dtype is DType.INT8}


KINDS = {
    "s8s8 per channel": {
        "activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8, "per_channel": True,
    },
    # 7-bit weights: with 8 bits ONNX Runtime saturates sums of two products on x86 without VNNI (its issue 14642)
    "u8s8 per channel": {
        "activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": True, "reduce_range": True,
    },
    "u8s8": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "reduce_range": True},
}  # fmt: skip


@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator])
@pytest.mark.parametrize("kind", KINDS)
def test_a_statically_quantised_network_is_an_int8_graph_that_equals_onnx_runtime(tmp_path, kind, form):
    data = quantized(tmp_path, quant_format=form, **KINDS[kind])
    graph = canonicalize(from_onnx(data))
    assert {"conv_2d", "depthwise_conv_2d", "add", "max_pool_2d", "mean", "fully_connected"} <= int8_operators(graph)
    floats = [b.node.op for b in graph.bound() if b.output.dtype is not DType.INT8]
    assert floats == ["dequantize"]
    x = RNG.standard_normal((40, 3, 12, 12)).astype(np.float32)
    want = outputs(data, x)
    got = run(graph, {"x": x})[graph.outputs[0]]
    step = graph.bind(graph.nodes[-1]).input(0).type.scale
    steps = np.rint((got - want) / step)
    # add, mean and the input's rounding differ by one step on ties (their documented bounds); layers behind
    # them hand that on
    assert np.abs(steps).max() <= 1
    assert np.mean(steps != 0) < 0.1
    assert len(np.unique(want)) > 20


def qdq_layer(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: list[int]) -> bytes:
    """x -> Q, DQ -> `nodes` from a to b -> Q, DQ -> y."""
    q = {"s": np.float32(0.05), "z": np.int8(3), "t": np.float32(0.08), "o": np.int8(-7)}
    chain = [
        node("QuantizeLinear", ["x", "s", "z"], ["xq"]), node("DequantizeLinear", ["xq", "s", "z"], ["a"]),
        *nodes,
        node("QuantizeLinear", ["b", "t", "o"], ["bq"]), node("DequantizeLinear", ["bq", "t", "o"], ["y"]),
    ]  # fmt: skip
    return model(chain, {"x": shape}, ["y"], {**q, **constants}, opset=17).SerializeToString()


def symmetric(*shape: int) -> np.ndarray:
    return RNG.integers(-127, 128, shape).astype(np.int8)


@pytest.mark.parametrize("per_channel", [False, True])
def test_a_convolution_between_pairs_equals_onnx_runtime_bit_for_bit(per_channel):
    scale = RNG.uniform(0.001, 0.01, 6 if per_channel else ()).astype(np.float32)
    zero = np.zeros(scale.shape, np.int8)
    bias = RNG.integers(-3000, 3000, 6).astype(np.int32)
    constants = {
        "w": symmetric(6, 4, 3, 3), "ws": scale, "wz": zero, "c": bias,
        "cs": np.asarray(np.float32(0.05) * scale, np.float32),
    }  # fmt: skip
    nodes = [
        node("DequantizeLinear", ["w", "ws", "wz"], ["wf"], axis=0),
        node("DequantizeLinear", ["c", "cs"], ["cf"], axis=0),
        node("Conv", ["a", "wf", "cf"], ["v"], pads=[1, 0, 1, 0]),
        node("Relu", ["v"], ["b"]),
    ]
    data = qdq_layer(nodes, constants, [1, 4, 9, 8])
    graph = canonicalize(from_onnx(data))
    assert {"quantize", "conv_2d"} <= int8_operators(graph)
    # on the input's own grid, so that both round it to the same codes
    x = (RNG.integers(-128, 128, (30, 4, 9, 8)) - 3).astype(np.float32) * np.float32(0.05)
    np.testing.assert_array_equal(run(graph, {"x": x})[graph.outputs[0]], outputs(data, x))


def test_weights_with_a_zero_point_stay_in_float_and_give_the_same():
    constants = {"w": RNG.integers(0, 255, (6, 4, 3, 3)).astype(np.uint8), "ws": np.float32(0.01), "wz": np.uint8(100)}
    nodes = [node("DequantizeLinear", ["w", "ws", "wz"], ["wf"]), node("Conv", ["a", "wf"], ["b"])]
    data = qdq_layer(nodes, constants, [1, 4, 6, 6])
    graph = canonicalize(from_onnx(data))
    assert "conv_2d" not in int8_operators(graph)
    x = (RNG.integers(-128, 128, (10, 4, 6, 6)) - 3).astype(np.float32) * np.float32(0.05)
    got, want = run(graph, {"x": x})[graph.outputs[0]], outputs(data, x)
    assert np.mean(np.abs(got - want) > 1e-6) < 0.01


def test_uint8_inputs_become_int8():
    nodes = [node("DequantizeLinear", ["x", "s", "z"], ["a"]), node("Relu", ["a"], ["r"]),
             node("QuantizeLinear", ["r", "s", "z"], ["y"])]  # fmt: skip
    constants = {"s": np.float32(0.1), "z": np.uint8(120)}
    types = {"x": TensorProto.UINT8, "y": TensorProto.UINT8}
    proto = model(nodes, {"x": [1, 50]}, ["y"], constants, types=types)
    graph = canonicalize(from_onnx(proto.SerializeToString()))
    assert [t.dtype for t in (*graph.input_tensors, *graph.output_tensors)] == [DType.INT8, DType.INT8]
    x = RNG.integers(0, 256, (8, 50)).astype(np.uint8)
    got = run(graph, {"x": (x.astype(np.int16) - 128).astype(np.int8)})["y"]
    np.testing.assert_array_equal(got.astype(np.int16) + 128, outputs(proto.SerializeToString(), x))


def test_integer_products_are_exact():
    nodes = [node("MatMulInteger", ["x", "w", "z"], ["y"])]
    constants = {"w": symmetric(20, 7), "z": np.uint8(120)}
    types = {"x": TensorProto.UINT8, "y": TensorProto.INT32}
    proto = model(nodes, {"x": [1, 20]}, ["y"], constants, types=types)
    graph = from_onnx(proto.SerializeToString())
    x = RNG.integers(0, 256, (5, 20)).astype(np.uint8)
    got = run(graph, {"x": (x.astype(np.int16) - 128).astype(np.int8)})["y"]
    # not ONNX Runtime's: it saturates on x86 without VNNI
    np.testing.assert_array_equal(got, (x.astype(np.int32) - 120) @ constants["w"].astype(np.int32))


def test_8_bit_integers_without_a_scale_are_refused_where_they_would_be_computed():
    proto = model([node("Add", ["x", "x"], ["y"])], {"x": [1, 4]}, ["y"], types={"x": TensorProto.INT8})
    with pytest.raises(UnsupportedError, match="scale"):
        from_onnx(proto.SerializeToString())
