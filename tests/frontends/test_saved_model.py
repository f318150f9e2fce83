"""SavedModel folders become graphs that compute the same; only the checked part of their graph is used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.frontends import load
from edgeml.frontends.quiet import import_tensorflow, silenced
from edgeml.interpreter import run_single
from tests.frontends import stored

pytestmark = pytest.mark.needs_tensorflow


@pytest.fixture(scope="module")
def tensorflow() -> Any:
    return import_tensorflow()


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("saved") / "my-model"
    with silenced():
        model = stored.classifier(require(request.param, "keras"))
        if request.param == "keras":
            model.export(str(folder), verbose=False)
        else:
            stored.save(model, folder, save_format="tf")
    return model, folder


def saved(tensorflow: Any, folder: Path, function: Callable[[Any], Any], variables: tuple[Any, ...] = ()) -> Path:
    """A SavedModel of `function`, which takes x of (None, 4)."""
    module = tensorflow.Module()
    module.kept = list(variables)
    spec = tensorflow.TensorSpec((None, 4), tensorflow.float32, name="x")
    module.f = tensorflow.function(function, input_signature=[spec])
    with silenced():
        tensorflow.saved_model.save(module, str(folder), signatures=module.f)
    return folder


def changed(folder: Path, change: Callable[[Any], None]) -> Path:
    """The folder's saved_model.pb rewritten by `change` of its first graph."""
    protocol = require("tensorflow.core.protobuf.saved_model_pb2", "keras")
    model = protocol.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    change(model.meta_graphs[0])
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    return folder


def test_a_saved_model_computes_the_same(exported: tuple[Any, Path]) -> None:
    model, folder = exported
    x = np.random.default_rng(1).random((5, 8, 8, 3), np.float32)
    graph = load(folder)
    assert graph.name == "my_model"
    np.testing.assert_allclose(run_single(graph, x), model(x, training=False).numpy(), atol=1e-6)


def test_a_plain_tensorflow_function_with_a_call_and_an_unused_part(tensorflow: Any, tmp_path: Path) -> None:
    w = tensorflow.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))
    inner = tensorflow.function(lambda x: tensorflow.nn.relu(tensorflow.matmul(x, w)))
    folder = saved(tensorflow, tmp_path / "m", lambda x: {"y": inner(x) + 1.0}, (w,))
    x = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
    np.testing.assert_allclose(run_single(load(folder), x), np.maximum(x @ w.numpy(), 0) + 1, rtol=1e-6)


def operations(tensorflow: Any, marker: Path) -> dict[str, Callable[[Any], Any]]:
    tf, name = tensorflow, str(marker)

    def writes(x: Any) -> Any:
        with tf.control_dependencies([tf.io.write_file(name, "evil")]):
            return x + 1.0

    def prints(x: Any) -> Any:
        tf.print("evil", output_stream=f"file://{name}")
        return x + 1.0

    def deep(x: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0.0, lambda: writes(x), lambda: x)

    return {
        "WriteFile": writes,
        "PrintV2": prints,
        "StatefulPartitionedCall WriteFile": deep,
        "ReadFile": lambda x: x + tf.strings.to_number(tf.io.read_file("/etc/hostname")),
        "EagerPyFunc": lambda x: tf.ensure_shape(tf.py_function(lambda v: v, [x], tf.float32), (None, 4)),
        "RandomUniform": lambda x: x + tf.random.uniform((4,)),
    }


NAMES = ("WriteFile", "PrintV2", "StatefulPartitionedCall WriteFile", "ReadFile", "EagerPyFunc", "RandomUniform")


@pytest.mark.parametrize("name", NAMES)
def test_operations_beyond_arithmetic_are_refused(name: str, tensorflow: Any, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    folder = saved(tensorflow, tmp_path / "m", operations(tensorflow, marker)[name])
    with pytest.raises(UnsupportedError, match=f"operation .*{name.split()[-1]}.* is not on the list of operations"):
        load(folder)
    assert not marker.exists()


def test_what_the_signature_does_not_need_is_left_behind(tensorflow: Any, tmp_path: Path) -> None:
    folder = saved(tensorflow, tmp_path / "m", lambda x: x * 2.0)

    def add_initialiser(meta: Any) -> None:
        for i, text in enumerate((str(tmp_path / "marker"), "evil")):
            node = meta.graph_def.node.add(name=f"text{i}", op="Const")
            node.attr["dtype"].type = tensorflow.string.as_datatype_enum
            node.attr["value"].tensor.CopyFrom(tensorflow.make_tensor_proto(text))
        meta.graph_def.node.add(name="evil", op="WriteFile", input=["text0", "text1"])
        meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "evil"

    changed(folder, add_initialiser)
    assert load(folder).inputs == ("x",)
    assert not (tmp_path / "marker").exists()
    with silenced():
        # the same file does write when TensorFlow's own loader opens it
        v1 = tensorflow.compat.v1
        with v1.Session(graph=tensorflow.Graph()) as session:
            v1.saved_model.load(session, ["serve"], str(folder))
    assert (tmp_path / "marker").exists()


def test_tables_are_refused(tensorflow: Any, tmp_path: Path) -> None:
    tf = tensorflow
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([0, 1], [2, 3]), 0)
    folder = saved(tf, tmp_path / "m", lambda x: x + tf.cast(table[tf.cast(x, tf.int32)], tf.float32), (table,))
    with pytest.raises(UnsupportedError, match="HashTableV2, LookupTableFindV2"):
        load(folder)


def add_custom(meta: Any) -> None:
    meta.graph_def.library.function[0].node_def.add(name="c", op="MyCustomOp")
    for function in meta.graph_def.library.function:
        function.node_def.add(name="custom", op="MyCustomOp")


def circle(meta: Any) -> None:
    for function in meta.graph_def.library.function:
        call = function.node_def.add(name="again", op="StatefulPartitionedCall")
        call.attr["f"].func.name = function.signature.name


def no_signature(meta: Any) -> None:
    del meta.signature_def["serving_default"]
    meta.signature_def["a"].method_name = meta.signature_def["b"].method_name = "x"


def no_node(meta: Any) -> None:
    next(iter(meta.signature_def["serving_default"].outputs.values())).name = "gone:0"


@pytest.mark.parametrize(
    ("change", "message"),
    [(add_custom, "MyCustomOp"), (circle, "call each other in a circle"), (no_signature, "no signature"),
     (no_node, "no node 'gone'")],
)  # fmt: skip
def test_changed_graphs_are_refused(change: Any, message: str, tensorflow: Any, tmp_path: Path) -> None:
    with pytest.raises(EdgeMLError, match=message):
        load(changed(saved(tensorflow, tmp_path / "m", lambda x: x * 2.0), change))


@pytest.fixture
def folder(exported: tuple[Any, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported[1], tmp_path / "copy"))


def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("saved_model.pb", "variables/variables.data-00000-of-00001"):
        outside = (folder / name).rename(tmp_path / "outside")
        (folder / name).symlink_to(outside)
        with pytest.raises(ModelFormatError, match="is a link out of the folder"):
            load(folder)
        outside.replace(folder / name)


@pytest.mark.parametrize("share", [0, 0.1, 0.9])
@pytest.mark.parametrize(
    "name", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
def test_truncated_files_are_refused_unless_all_that_is_needed_is_there(
    name: str, share: float, folder: Path, exported: tuple[Any, Path]
) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    try:
        graph = load(folder)
    except EdgeMLError:
        return
    # the end of the data file is bookkeeping, which is not read
    assert name.endswith("of-00001") and share > 0
    x = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    np.testing.assert_allclose(run_single(graph, x), exported[0](x, training=False).numpy(), atol=1e-6)


def test_variables_that_exceed_their_files_are_not_allocated(tensorflow: Any, tmp_path: Path) -> None:
    w = tensorflow.Variable(np.ones((4, 3), np.float32))
    folder = saved(tensorflow, tmp_path / "m", lambda x: tensorflow.matmul(x, w), (w,))
    index = folder / "variables/variables.index"
    for path in index.parent.glob("*.data*"):
        path.write_bytes(path.read_bytes()[:4])
    with pytest.raises(ModelFormatError, match=r"variables (would take|cannot be read)"):
        load(folder)


def test_open_shapes_are_refused(tensorflow: Any, tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        info = meta.signature_def["serving_default"].inputs["x"]
        info.tensor_shape.dim[1].size = -1

    with pytest.raises(UnsupportedError, match=r"input 'x' must have a fixed shape. Got \(-1, -1\)"):
        load(changed(saved(tensorflow, tmp_path / "m", lambda x: x * 2.0), change))


def test_folders_of_other_kinds_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"without saved_model\.pb"):
        load(tmp_path)


def test_reading_prints_nothing(exported: tuple[Any, Path], capfd: pytest.CaptureFixture[str]) -> None:
    load(exported[1])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("module", ["keras", "tf_keras"])
def test_a_loop_over_time_steps(module: str, tmp_path: Path) -> None:
    with silenced():
        keras = require(module, "keras")
        model = keras.Sequential([keras.layers.Input((4, 3)), keras.layers.LSTM(2), keras.layers.Dense(2)])
        if module == "keras":
            model.export(str(tmp_path / "m"), verbose=False)
        else:
            stored.save(model, tmp_path / "m", save_format="tf")
    x = np.random.default_rng(1).standard_normal((3, 4, 3)).astype(np.float32)
    np.testing.assert_allclose(run_single(load(tmp_path / "m"), x), model(x, training=False).numpy(), atol=1e-6)
