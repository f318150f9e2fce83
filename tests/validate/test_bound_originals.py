"""An original .onnx beside our exports: inputs fixed with --bind, weights in a file of their own, states of layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeml.backends import c99
from edgeml.errors import DataError, UsageError
from edgeml.frontends import load
from edgeml.interpreter import run
from edgeml.passes import canonicalize
from edgeml.targets.host import HostTarget
from edgeml.validate.run import validate_graph
from edgeml.validate.runners import open_runners
from edgeml.validate.runners.base import Subject
from edgeml.validate.samples import random_samples
from tests.cli.conftest import Outcome, edgeml

__all__ = ["edgeml"]


def two_inputs() -> onnx.ModelProto:
    """x (1, 4) * weights + offset; offset is a scalar input."""
    nodes = [helper.make_node("Mul", ["x", "w"], ["product"]), helper.make_node("Add", ["product", "offset"], ["y"])]
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4]),
            helper.make_tensor_value_info("offset", TensorProto.FLOAT, []),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(np.arange(4, dtype=np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_the_original_takes_the_bound_input_too(edgeml: Callable[..., Outcome], tmp_path: Path) -> None:
    path = tmp_path / "bound.onnx"
    onnx.save(two_inputs(), path)
    done = edgeml("validate", path, "--bind", "offset=2.5", "--samples", 3, "--target", "onnxruntime", "-q")
    assert done.code == 0, done.err
    assert "onnxruntime:original" in done.out and "not run" not in done.out
    assert "3 pairs: 3 identical" in done.out or "0 beyond" in done.out


def test_a_graph_bound_in_python_skips_the_original_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "bound.onnx"
    onnx.save(two_inputs(), path)
    graph = canonicalize(load(path, bind={"offset": np.float32(1)}))
    found = validate_graph(graph, random_samples(graph, 3, 0), ("onnxruntime",), path=path)
    assert [s.name for s in found.skipped] == ["onnxruntime:original"]
    assert "takes the inputs x, offset, the graph x" in found.skipped[0].reason


def test_the_original_with_weights_in_another_file_runs_from_any_folder(
    edgeml: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models" / "outside.onnx"
    path.parent.mkdir()
    onnx.save(two_inputs(), path, save_as_external_data=True, location="outside.data", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    done = edgeml("validate", path, "--bind", "offset=1", "--samples", 3, "--target", "onnxruntime", "-q")
    assert done.code == 0, done.err
    assert "onnxruntime:original" in done.out and "not run" not in done.out


def rows(batch: int) -> bytes:
    """x (batch, 4) -> its first row (1, 4) and itself three times, (3 * batch, 4)."""
    nodes = [
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("Concat", ["x", "x", "x"], ["many"], axis=0),
    ]
    graph = helper.make_graph(
        nodes,
        "rows",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 4])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4]),
            helper.make_tensor_value_info("many", TensorProto.FLOAT, [3 * batch, 4]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


@pytest.mark.needs_cc
def test_the_host_writes_outputs_of_several_rows_within_their_buffers(tmp_path: Path) -> None:
    path = tmp_path / "rows.onnx"
    path.write_bytes(rows(1))
    c99.emit(canonicalize(load(path)), tmp_path / "c")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    y, many = HostTarget(tmp_path / "c", "zig").run_all([x])
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(many, np.repeat(x[:, None], 3, axis=1).reshape(15, 4))


@pytest.mark.needs_cc
def test_outputs_of_several_rows_are_compared_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.onnx"
    path.write_bytes(rows(1))
    graph = canonicalize(load(path))
    found = validate_graph(graph, random_samples(graph, 3, 0), ("litert", "onnxruntime", "host"), path=path)
    assert {p.verdict for p in found.pairs} == {"identical"}
    assert {p.difference.elements for p in found.pairs} == {3 * (4 + 12)}


@pytest.mark.needs_cc
def test_an_input_of_another_batch_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.onnx"
    path.write_bytes(rows(2))
    graph = canonicalize(load(path))
    with pytest.raises(UsageError, match="one sample at a time"):
        validate_graph(graph, random_samples(graph, 4, 0), ("onnxruntime",), path=path)
    c99.emit(graph, tmp_path / "c")
    with pytest.raises(DataError, match="batch 1"):
        HostTarget(tmp_path / "c", "zig").run_all([np.zeros((4, 4), np.float32)])


def quantized_softmax() -> onnx.ModelProto:
    """x -> int8 -> dense -> int8 -> softmax -> int8 of scale 1 / 255 -> float, as ONNX Runtime does it."""
    rng = np.random.default_rng(5)
    scales = {"sx": 0.03, "sw": 0.01, "sy": 0.02, "sp": 1 / 255}
    constants = {name: np.float32(value) for name, value in scales.items()}
    constants |= {"zero": np.int8(0), "low": np.int8(-128), "w": rng.integers(-127, 128, (5, 16)).astype(np.int8)}
    pairs = [("x", "sx", "zero"), ("y", "sy", "zero"), ("p", "sp", "low")]
    nodes = [helper.make_node("DequantizeLinear", ["w", "sw", "zero"], ["w_real"])]
    for name, scale, zero in pairs:
        nodes.append(helper.make_node("QuantizeLinear", [name, scale, zero], [f"{name}_codes"]))
        out = "prob" if name == "p" else f"{name}_real"
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_codes", scale, zero], [out]))
        if name == "x":
            nodes.append(helper.make_node("Gemm", ["x_real", "w_real"], ["y"], transB=1))
        if name == "y":
            nodes.append(helper.make_node("Softmax", ["y_real"], ["p"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 16])],
        [helper.make_tensor_value_info("prob", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_a_fused_softmax_of_the_original_is_compared_by_the_codes_it_gave(tmp_path: Path) -> None:
    path = tmp_path / "softmax.onnx"
    onnx.save(quantized_softmax(), path)
    graph = canonicalize(load(path))
    assert "p_codes" in {t.name for t in graph.tensors.values()}
    found = validate_graph(graph, random_samples(graph, 100, 0), ("onnxruntime",), path=path)
    pairs = {(p.first_name, p.second_name): p for p in found.pairs}
    assert pairs["reference", "onnxruntime"].verdict == "identical"
    original = pairs["reference", "onnxruntime:original"]
    assert original.difference.mismatched > 0
    assert original.verdict == "within bound"
    assert [(c.tensor, c.largest) for c in original.causes] == [("p_codes", 1)]


@pytest.mark.parametrize("size", [4, 6], ids=["as many channels as rows", "other sizes"])
def test_tensors_of_an_original_are_compared_in_the_order_of_the_graph(tmp_path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4, 4, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w"], ["c"], pads=[1, 1, 1, 1]),
    ]
    shape = [1, 4, size, size]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(w, "w")],
    )
    path = tmp_path / "order.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    ours = canonicalize(load(path))
    (original,) = [r for r in open_runners(Subject(ours, tmp_path, path), ("onnxruntime",))[0] if "original" in r.name]
    x = rng.standard_normal((3, *shape[1:])).astype(np.float32)
    found = original.activations([x])
    want = run(ours, {"x": x}, keep=[n for node in ours.nodes for n in node.outputs])
    assert {"b", "c"} <= set(found)
    for name, value in found.items():
        np.testing.assert_allclose(value, want[name], atol=1e-4)
