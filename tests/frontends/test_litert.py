from dataclasses import replace

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TfliteModel, read, write
from edgeml.frontends import load
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_single
from edgeml.ir import format_graph
from edgeml.quantize import quantize, quantize_input
from tests.graphs import images, small_cnn


def test_export_and_import_keep_the_graph():
    graph = quantize(small_cnn(), images(16)).graph
    again = from_litert(litert.emit(graph), name=graph.name)
    x = quantize_input(images(8, seed=3), graph.input_tensors[0].type)
    assert np.array_equal(run_single(graph, x), run_single(again, x))
    assert again.labels == graph.labels
    assert litert.emit(again) == litert.emit(from_litert(litert.emit(again), name=graph.name))
    assert format_graph(again).count("conv_2d") == format_graph(graph).count("conv_2d")


def test_an_unsupported_operator_is_named_with_its_place():
    model = read(litert.emit(small_cnn()))
    operators = (*model.operators[:-1], OperatorRecord("NON_MAX_SUPPRESSION_V4", 1, (0,), model.operators[-1].outputs))
    data = write(TfliteModel(model.name, model.tensors, operators, model.inputs, model.outputs))
    with pytest.raises(UnsupportedError, match=r"NON_MAX_SUPPRESSION_V4 \(first at operator 5\).*edgeml ops"):
        from_litert(data)


def test_loading_names_missing_files_and_wrong_suffixes(tmp_path):
    with pytest.raises(ModelFormatError, match="does not exist"):
        load(tmp_path / "none.tflite")
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(ModelFormatError, match=r"suffix '\.bin'"):
        load(tmp_path / "model.bin")
    with pytest.raises(ModelFormatError, match="is a folder"):
        load(tmp_path)


@pytest.mark.parametrize(("operator", "key"), [(0, "strideH"), (0, "dilationWFactor"), (1, "strideW")])
def test_a_window_without_steps_is_refused(operator, key):
    model = read(litert.emit(small_cnn(), io="float32"))
    record = model.operators[operator]
    broken = replace(record, options={**record.options, key: 0})
    operators = (*model.operators[:operator], broken, *model.operators[operator + 1 :])
    with pytest.raises(ModelFormatError, match=rf"operator {operator} .*{key} must be at least 1\. Got 0"):
        from_litert(write(replace(model, operators=operators)))


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["ad01_fp32", "ad01_int8", "pretrainedResnet", "pretrainedResnet_quant",
                                  "vww_96_float", "vww_96_int8", "kws_ref_model"])  # fmt: skip
def test_models_from_elsewhere_are_read_and_equal_litert(shared, name):
    from edgeml.targets.litert_runtime import LiteRTTarget

    data = (shared / "models" / "mlperf_tiny" / f"{name}.tflite").read_bytes()
    graph = from_litert(data, name)
    tensor = graph.input_tensors[0]
    rng = np.random.default_rng(0)
    shape = (20, *tensor.shape[1:])
    if tensor.dtype.value == "int8":
        x = rng.integers(-128, 128, shape).astype(np.int8)
        np.testing.assert_array_equal(run_single(graph, x), LiteRTTarget(data).run(x))
    else:
        x = rng.random(shape, dtype=np.float32)
        np.testing.assert_allclose(run_single(graph, x), LiteRTTarget(data).run(x), rtol=2e-4, atol=2e-5)
