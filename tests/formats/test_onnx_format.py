"""The .onnx reader: consistent records or a typed error, and external data only from the model's own folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeml import load
from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.formats.onnx import read
from tests.frontends.onnx.models import model, node

WEIGHTS = np.arange(6, dtype=np.float32).reshape(2, 3)


def small() -> onnx.ModelProto:
    return model([node("MatMul", ["x", "w"], ["y"])], {"x": ["N", 2]}, ["y"], {"w": WEIGHTS})


def external(location: str, **entries: int) -> onnx.ModelProto:
    """`small` with its weights outside the file."""
    found = small()
    tensor = found.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return found


def saved(folder: Path, proto: onnx.ModelProto) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def test_records_hold_what_the_file_says():
    found = read(small().SerializeToString())
    assert [n.op_type for n in found.graph.nodes] == ["MatMul"]
    np.testing.assert_array_equal(found.graph.initializers["w"], WEIGHTS)
    assert found.graph.inputs[0].shape == ("N", 2)
    assert found.opsets[""] == 17


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        (TensorProto.FLOAT, np.array([1.5, -2], np.float32)),
        (TensorProto.FLOAT16, np.array([1.5, -2], np.float16)),
        (TensorProto.DOUBLE, np.array([1.5, -2], np.float64)),
        (TensorProto.INT8, np.array([1, -2], np.int8)),
        (TensorProto.UINT8, np.array([1, 254], np.uint8)),
        (TensorProto.INT64, np.array([1, -(2**40)], np.int64)),
        (TensorProto.UINT64, np.array([1, 2**63], np.uint64)),
        (TensorProto.BOOL, np.array([True, False])),
    ],
)
@pytest.mark.parametrize("raw", [False, True])
def test_tensors_of_every_type_in_both_encodings(kind, array, raw):
    values = array.tobytes() if raw else array.tolist()
    tensor = helper.make_tensor("w", kind, array.shape, values, raw=raw)
    found = small()
    found.graph.initializer[0].CopyFrom(tensor)
    got = read(found.SerializeToString()).graph.initializers["w"]
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_4_bit_and_bfloat16_tensors():
    found = small()
    found.graph.initializer.append(helper.make_tensor("i4", TensorProto.INT4, [3], [-8, 7, -1]))
    found.graph.initializer.append(helper.make_tensor("u4", TensorProto.UINT4, [3], [0, 15, 8]))
    found.graph.initializer.append(helper.make_tensor("bf", TensorProto.BFLOAT16, [2], [1.5, -2.0]))
    constants = read(found.SerializeToString()).graph.initializers
    assert constants["i4"].tolist() == [-8, 7, -1]
    assert constants["u4"].tolist() == [0, 15, 8]
    assert constants["bf"].tolist() == [1.5, -2.0]


def broken(**fields: object) -> bytes:
    found = small()
    tensor = found.graph.initializer[0]
    for key, value in fields.items():
        tensor.ClearField(key)
        if isinstance(value, list):
            getattr(tensor, key).extend(value)
        else:
            setattr(tensor, key, value)
    return found.SerializeToString()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a model",
        small().SerializeToString()[:40],
        broken(raw_data=b"\0" * 23),
        broken(raw_data=b"\0" * 25),
        broken(dims=[2, 4]),
        broken(dims=[-2, -3]),
        broken(dims=[2**62, 2**62]),
        broken(dims=[1] * 40),
        broken(name=""),
    ],
)
def test_a_damaged_file_is_a_format_error(data):
    with pytest.raises(ModelFormatError):
        read(data)


@pytest.mark.parametrize("kind", [TensorProto.COMPLEX64, TensorProto.FLOAT8E4M3FN, 999])
def test_element_types_that_edgeml_lacks_are_named(kind):
    with pytest.raises(UnsupportedError, match="element type"):
        read(broken(data_type=kind))


def test_truncated_at_any_byte_gives_a_typed_error_or_a_graph():
    data = small().SerializeToString()
    for end in range(len(data)):
        try:
            read(data[:end])
        except EdgeMLError:
            continue


def test_bodies_nested_too_deep_are_refused():
    body = helper.make_graph([], "leaf", [], [])
    for _ in range(20):
        attribute = helper.make_node(
            "If", ["c"], ["y"], then_branch=body, else_branch=helper.make_graph([], "e", [], [])
        )
        body = helper.make_graph([attribute], "body", [], [])
    found = small()
    found.graph.node.extend(body.node)
    with pytest.raises(ModelFormatError, match="nested"):
        read(found.SerializeToString())


def test_external_data_beside_the_model_is_read(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "w.bin").write_bytes(b"\0" * 8 + WEIGHTS.tobytes())
    graph = load(saved(tmp_path, external("deep/w.bin", offset=8, length=24)))
    assert any(t.data is not None and np.array_equal(t.data, WEIGHTS.T) for t in graph.constants)


def test_external_data_without_a_folder_is_refused():
    with pytest.raises(ModelFormatError, match="folder"):
        read(external("w.bin").SerializeToString())


@pytest.mark.parametrize(
    "location",
    ["../secret.bin", "a/../../secret.bin", "{secret}", "..\\secret.bin", "C:\\secret.bin", "C:secret.bin", "", "a\0b"],
)
def test_external_data_outside_the_folder_is_refused(tmp_path, location):
    """CVE-2022-25882, CVE-2024-27318: `..`, absolute paths, and their spellings on other systems."""
    secret = tmp_path / "secret.bin"
    secret.write_bytes(WEIGHTS.tobytes())
    (tmp_path / "model" / "a").mkdir(parents=True)
    path = saved(tmp_path / "model", external(location.format(secret=secret)))
    with pytest.raises(ModelFormatError, match="location"):
        load(path)


@pytest.mark.parametrize("where", ["file", "folder"])
def test_external_data_through_a_symbolic_link_is_refused(tmp_path, where):
    """CVE-2025-51480, CVE-2026-27489: a link inside the folder that leads out of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "w.bin").write_bytes(WEIGHTS.tobytes())
    folder = tmp_path / "model"
    folder.mkdir()
    if where == "file":
        (folder / "w.bin").symlink_to(outside / "w.bin")
        path = saved(folder, external("w.bin"))
    else:
        (folder / "data").symlink_to(outside)
        path = saved(folder, external("data/w.bin"))
    with pytest.raises(ModelFormatError, match="link"):
        load(path)


def test_external_data_through_a_hard_link_is_refused(tmp_path):
    (tmp_path / "outside.bin").write_bytes(WEIGHTS.tobytes())
    (tmp_path / "model").mkdir()
    os.link(tmp_path / "outside.bin", tmp_path / "model" / "w.bin")
    with pytest.raises(ModelFormatError, match="hard link"):
        load(saved(tmp_path / "model", external("w.bin")))


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_external_data_that_is_no_regular_file_is_refused(tmp_path, kind):
    if kind == "folder":
        (tmp_path / "w.bin").mkdir()
    else:
        os.mkfifo(tmp_path / "w.bin")
    with pytest.raises(ModelFormatError, match="regular file"):
        load(saved(tmp_path, external("w.bin")))


@pytest.mark.parametrize(
    "entries",
    [
        {"offset": 1},
        {"offset": 2**70},
        {"offset": -8},
        {"length": 23},
        {"length": 2**40},
        {"offset": "1e3"},
        {"length": "٣"},
    ],
)
def test_external_data_outside_its_file_is_refused(tmp_path, entries):
    (tmp_path / "w.bin").write_bytes(WEIGHTS.tobytes())
    with pytest.raises(ModelFormatError, match="external data"):
        load(saved(tmp_path, external("w.bin", **entries)))


def test_the_same_external_bytes_again_and_again_are_refused(tmp_path):
    (tmp_path / "w.bin").write_bytes(WEIGHTS.tobytes())
    found = external("w.bin")
    for i in range(50):
        copy = found.graph.initializer.add()
        copy.CopyFrom(found.graph.initializer[0])
        copy.name = f"w{i}"
    with pytest.raises(ModelFormatError, match="again"):
        load(saved(tmp_path, found))
