"""Hostile Keras files: nothing in them runs, opens another file, or fills the memory."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import marshal
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.frontends import load
from edgeml.frontends.keras_files import load_archive, load_hdf5
from edgeml.frontends.keras_files.config import check_config, parse_config
from tests.frontends.stored import archive, h5py, layer, legacy, sequential, weights


def code(marker: Path) -> str:
    """A marshalled function that leaves a marker, as Keras stores the functions of Lambda layers."""
    text = f"lambda x: (__import__('pathlib').Path({str(marker)!r}).touch(), x)[1]"
    function = eval(text)  # the attack itself; the text stands one line above
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def lambda_layer(marker: Path) -> dict[str, Any]:
    value = {"class_name": "__lambda__", "config": {"code": code(marker), "defaults": None, "closure": None}}
    return layer("Lambda", function=value, arguments={})


def call(target: dict[str, Any], *args: Any) -> dict[str, Any]:
    """A functional model whose node calls `target` with `args` (CVE-2025-1550)."""
    node = {**target, "name": "evil", "inbound_nodes": [{"args": list(args), "kwargs": {}}]}
    inputs = {**layer("InputLayer", batch_shape=[None, 4], name="x"), "name": "x", "inbound_nodes": []}
    config = {"layers": [inputs, node], "input_layers": [["x", 0, 0]], "output_layers": [["evil", 0, 0]]}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


def attacks(marker: Path) -> dict[str, dict[str, Any]]:
    shell = f"touch {marker}"
    fetch = {**function("keras.utils", "get_file"), "arguments": {"origin": f"file://{marker}"}}
    return {
        "CVE-2024-3660 code in a Lambda layer": sequential(lambda_layer(marker)),
        "CVE-2025-1550 a function of os": call(function("os", "system"), shell),
        "CVE-2025-1550 a class of subprocess": call(layer("Popen", "subprocess", "Popen", args=shell, shell=True)),
        "CVE-2025-1550 through builtins": call(function("builtins", "exec"), shell),
        "CVE-2025-8747 a downloader of Keras": sequential(layer("Lambda", function=fetch)),
        "CVE-2025-8747 unlocking": call(function("keras.config", "enable_unsafe_deserialization")),
        "CVE-2026-1462 a SavedModel beside": sequential(layer("TFSMLayer", filepath=str(marker))),
        "a vocabulary file": sequential(layer("StringLookup", vocabulary="/etc/passwd")),
        "a text layer": sequential(layer("TextVectorization", vocabulary="/etc/passwd")),
        "a pickled PyTorch module": sequential(layer("TorchModuleWrapper", module=base64.b64encode(b"cos\n").decode())),
        "a function of JAX": sequential(layer("JaxLayer", call_fn=function("os", "system"))),
        "a class of the user's": sequential(layer("Mine", "my_package", "my_package>Mine")),
        "a class registered under another name": sequential(layer("Dense", "keras.layers", "evil>Dense", units=2)),
        "a module of ours": sequential(layer("Dense", "edgeml.ops", units=2)),
        "a module like Keras": sequential(layer("Dense", "keras_evil.layers", units=2)),
        "an activation of the user's": sequential(layer("Dense", units=2, activation=function("builtins", "eval"))),
        "an initialiser of the user's": sequential(layer("Dense", units=2, kernel_initializer=layer("Mine", "x"))),
        "code as an argument": sequential(
            layer("Dense", units=2, activation=lambda_layer(marker)["config"]["function"])
        ),
        "hidden where Keras might not look": {**sequential(), "build_config": {"deep": [[lambda_layer(marker)]]}},
        "a wrapper around it": sequential(layer("TimeDistributed", layer=lambda_layer(marker))),
        "a type specification": sequential(
            {**layer("__typespec__", "tensorflow"), "config": [], "spec_name": "TensorSpec"}
        ),
        "an object array": sequential(layer("Dense", units={"class_name": "__numpy__", "config": {"dtype": "O"}})),
        "scan with a function": call(layer("Scan", "keras.src.ops.core", "Scan", f=function("os", "system"))),
    }


@pytest.mark.parametrize("attack", attacks(Path("marker")))
def test_what_may_carry_code_is_refused(attack: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "m.keras"
    path.write_bytes(archive(attacks(marker)[attack]))
    with pytest.raises(UnsupportedError, match="is not on the list of Keras objects"):
        load(path)
    assert not marker.exists()


def without_modules(value: Any) -> Any:
    """A configuration as Keras 2 writes it: classes by name."""
    if isinstance(value, dict):
        return {k: without_modules(v) for k, v in value.items() if k not in ("module", "registered_name")}
    return [without_modules(v) for v in value] if isinstance(value, list) else value


def legacy_attacks(marker: Path) -> dict[str, dict[str, Any]]:
    config = {"name": "l", "function": [code(marker), None, None], "function_type": "lambda", "arguments": {}}
    write = layer("TFOpLambda", None, name="w", function="io.write_file")
    return {
        "CVE-2024-3660 code in a Lambda layer": sequential({"class_name": "Lambda", "config": config}),
        "a function of TensorFlow that writes": sequential(write),
        "a function of TensorFlow that calls Python": sequential({**write, "config": {"function": "py_function"}}),
        "a class of the user's": sequential({"class_name": "Mine", "config": {}}),
        "a vocabulary file": without_modules(sequential(layer("StringLookup", vocabulary="/etc/passwd"))),
    }


@pytest.mark.parametrize("version", ["2.15.0", "3.12.0"])
@pytest.mark.parametrize("attack", legacy_attacks(Path("marker")))
def test_legacy_files_are_walked_the_same(attack: str, version: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "m.h5"
    path.write_bytes(legacy(legacy_attacks(marker)[attack], version))
    with pytest.raises(UnsupportedError, match="is not on the list of Keras objects"):
        load(path)
    assert not marker.exists()


@pytest.mark.needs_tensorflow
def test_the_attack_works_where_nothing_stops_it(tmp_path: Path) -> None:
    """So that the tests above refuse something real: Keras itself, told to trust the same file, runs it."""
    keras, marker, path = require("keras", "keras"), tmp_path / "marker", tmp_path / "m.keras"
    path.write_bytes(archive(sequential(lambda_layer(marker)), weights()))
    with contextlib.suppress(Exception):
        keras.models.load_model(path, safe_mode=False)
    assert marker.exists()


def test_training_is_neither_read_nor_run() -> None:
    config = {**sequential(), "compile_config": {"optimizer": layer("Evil", "os"), "loss": function("os", "system")}}
    assert "compile_config" not in parse_config(json.dumps(config), "m.keras")


def test_every_object_of_the_configuration_is_visited() -> None:
    with pytest.raises(UnsupportedError, match=r"config\.a\[0\]\.b"):
        check_config({"a": [{"b": {"class_name": "Lambda"}}]}, "m.keras")


@pytest.mark.parametrize(
    "config",
    [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"class_name": 3}',
     b'{"class_name": "Dense", "module": ["keras"]}', b"\xff\xfe", b'{"a": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_broken_configurations_are_refused(config: bytes) -> None:
    with pytest.raises(ModelFormatError, match=r"JSON|nested|strings"):
        load_archive(archive(config), "m.keras")


def entry(name: str, mode: int) -> bytes:
    stream = io.BytesIO(archive(sequential()))
    with zipfile.ZipFile(stream, "a") as file:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        file.writestr(info, "/etc/passwd")
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "mode"),
    [("../../evil", 0), ("/etc/evil", 0), ("c:\\evil", 0), ("evil.py", 0), ("config.json", 0),
     ("assets/../../evil", 0), ("assets/vocabulary.txt", 0), ("model.weights.h5", stat.S_IFLNK | 0o777)],
)  # fmt: skip
def test_only_the_three_members_are_read(name: str, mode: int) -> None:
    with pytest.raises(EdgeMLError, match=r"symbolic link|does not belong|asset|holds config.json"):
        load_archive(entry(name, mode), "m.keras")


def test_a_zip_bomb_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(sequential()))
        file.writestr("metadata.json", '{"keras_version": "3.12.0"}')
        file.writestr("model.weights.h5", bytes(80 << 20))
    assert len(stream.getvalue()) < 1 << 20
    with pytest.raises(ModelFormatError, match="unpacks to more than"):
        load_archive(stream.getvalue(), "m.keras")


def hdf5(write: Any) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["model_config"] = json.dumps(sequential())
        file["w"] = np.zeros(3, np.float32)
        write(file)
    return stream.getvalue()


def circle(file: Any) -> None:
    file["a/b"] = np.zeros(2, np.float32)
    file["a/self"] = file["a"]


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "d", shape=(3,))
    file.create_virtual_dataset("v", layout)


HDF5_ATTACKS = {
    "an external link": lambda f: f.__setitem__("l", h5py.ExternalLink("/etc/passwd", "/")),
    "a soft link": lambda f: f.__setitem__("l", h5py.SoftLink("/w")),
    "external storage": lambda f: f.create_dataset("e", (3,), "f4", external=[("/etc/passwd", 0, 12)]),
    "virtual storage": virtual,
    "an enormous array that is stored nowhere": lambda f: f.create_dataset("h", (1 << 40,), "f4", chunks=(1024,)),
    "an enormous chunk": lambda f: f.create_dataset("h", (1 << 28,), "f4", chunks=(1 << 28,)),
    "many large arrays": lambda f: [f.create_dataset(f"h{i}", (1 << 22,), "f4", chunks=(99,)) for i in range(9)],
    "objects": lambda f: f.create_dataset("o", (1,), h5py.ref_dtype),
    "text": lambda f: f.create_dataset("o", (1,), h5py.string_dtype()),
    "records": lambda f: f.create_dataset("o", (1,), np.dtype([("a", "f4")])),
}


@pytest.mark.parametrize("attack", HDF5_ATTACKS)
def test_weights_stay_inside_their_file_and_its_size(attack: str) -> None:
    data = hdf5(HDF5_ATTACKS[attack])
    for read in (load_hdf5, lambda d, s: load_archive(archive(sequential(), d), s)):
        with pytest.raises(ModelFormatError, match=r"is a link|another file|would unpack|must be a numeric array"):
            read(data, "m")


@pytest.mark.needs_tensorflow
def test_circles_of_groups_end() -> None:
    load_archive(archive(sequential(layer("Flatten")), hdf5(circle)), "m.keras")


@pytest.mark.needs_tensorflow
@pytest.mark.parametrize("version", ["2.15.0", "3.12.0"])
def test_more_weights_than_the_file_holds_are_not_allocated(version: str) -> None:
    big = sequential(*(layer("Dense", units=1 << 22) for _ in range(3)))
    old = without_modules(big)
    if version.startswith("2"):
        old["config"]["layers"][0]["config"] = {"batch_input_shape": [None, 4], "name": "x"}
    with pytest.raises(ModelFormatError, match=r"describes [0-9,]+ weights, the file holds"):
        load_hdf5(legacy(old, version), "m.h5")
    with pytest.raises(ModelFormatError, match=r"describes [0-9,]+ weights, the file holds 100"):
        load_archive(archive(big), "m.keras")
