"""Files quantised in other ways than int8, against LiteRT's default interpreter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeml.backends import litert
from edgeml.errors import QuantizationError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TensorRecord, TfliteModel, read, schema, write
from edgeml.frontends.litert import from_litert
from edgeml.frontends.litert.dialects import as_float, dequantized, is_uint8, to_uint8
from edgeml.interpreter import run_single
from edgeml.ir import DType, Graph, GraphBuilder, Quantization, TensorType, verify
from edgeml.ops import OPS
from edgeml.passes import canonicalize
from edgeml.quantize import quantize
from tests.contract.cases import CASES, random_inputs
from tests.graphs import images, small_cnn

WEIGHTED = ("conv_2d", "depthwise_conv_2d", "fully_connected")


def run_file(data: bytes, *inputs: np.ndarray) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    for detail, x in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def asymmetric(graph: Graph, rng: np.random.Generator) -> Graph:
    """The case's weights with one scale and zero point, its bias in the scale that belongs to them."""
    bound = graph.bind(graph.nodes[0])
    w, x, bias = bound.input(1), bound.input(0), bound.optional(2)
    scale = float(np.median(w.quantization.scales))
    zero_point = int(rng.choice([-128, -100, -1, 0, 7, 127]))
    data = rng.integers(-128, 128, w.shape).astype(np.int8)
    q = Quantization.per_tensor(scale, zero_point)
    changed = {w.name: replace(w, data=data, type=replace(w.type, quantization=q))}
    if bias is not None:
        product = float(np.float32(x.type.scale) * np.float32(scale))
        changed[bias.name] = replace(bias, type=replace(bias.type, quantization=Quantization.per_tensor(product, 0)))
    return graph.with_tensors(changed)


def uint8_cases(op: str, count: int = 60):
    for seed in range(count):
        rng = np.random.default_rng([seed, 77])
        graph = asymmetric(CASES[op](rng, True), rng)
        try:
            yield verify(graph, OPS), random_inputs(graph, rng)
        except UnsupportedError:
            continue


@pytest.mark.parametrize("op", WEIGHTED)
def test_uint8_models_are_read_and_written_and_run_as_litert_runs_them(op):
    values = files = 0
    for graph, inputs in uint8_cases(op):
        data = litert.emit(graph)
        if not is_uint8(read(data)):
            continue
        x = next(iter(inputs.values()))
        try:
            (want,) = run_file(data, (x.astype(np.int16) + 128).astype(np.uint8))
        except RuntimeError as error:
            # the delegate takes no such quotient of scales, in int8 either
            assert "failed to prepare" in str(error)
            continue
        want = (want.astype(np.int16) - 128).astype(np.int8)
        np.testing.assert_array_equal(run_single(from_litert(data, "u.tflite"), x), want)
        np.testing.assert_array_equal(run_single(graph, x), want)
        values, files = values + want.size, files + 1
    assert files > 20
    print(f"{op}: {values} values of {files} uint8 files are LiteRT's")


@pytest.mark.needs_cc
@pytest.mark.parametrize("op", WEIGHTED)
def test_the_kernels_honour_the_weights_zero_point(op, tmp_path):
    from edgeml.backends.c99 import emit
    from edgeml.targets.host import HostTarget

    for i, (graph, inputs) in enumerate(uint8_cases(op, 6)):
        emit(graph, tmp_path / str(i))
        x = next(iter(inputs.values()))
        if x.shape[0] == 1 and graph.output_tensors[0].shape[0] == 1:
            np.testing.assert_array_equal(HostTarget(tmp_path / str(i)).run(x), run_single(graph, x))


def uint8_network() -> tuple[bytes, Graph]:
    """A small network as a file of 2018 would hold it: uint8 codes, one scale for all weights of a layer."""
    graph = quantize(small_cnn(), images(16)).graph
    changed = {}
    for bound in graph.bound():
        if bound.node.op in WEIGHTED:
            w, bias = bound.input(1), bound.input(2)
            q = Quantization.per_tensor(max(w.quantization.scale), 3)
            # the same real values, up to rounding
            codes = np.rint(dequantized(w.data, w.quantization) / np.float32(q.scale[0])) + 3
            codes = np.clip(codes, -128, 127).astype(np.int8)
            changed[w.name] = replace(w, data=codes, type=replace(w.type, quantization=q))
            product = Quantization.per_tensor(bound.input(0).type.scale * q.scale[0], 0)
            real = dequantized(bias.data, bias.quantization) / np.float32(product.scale[0])
            bias_type = replace(bias.type, quantization=product)
            changed[bias.name] = replace(bias, data=np.rint(real).astype(np.int32), type=bias_type)
    return litert.emit(graph.with_tensors(changed)), graph


def test_a_uint8_network_equals_litert_and_says_what_was_done():
    data, _ = uint8_network()
    graph = canonicalize(from_litert(data, "u.tflite"))
    assert all(t.dtype is not DType.UINT8 for t in graph.tensors.values())
    assert "128" in graph.notes[0]
    x = np.random.default_rng(0).integers(0, 256, (50, *graph.input_tensors[0].shape[1:])).astype(np.uint8)
    for sample in x:
        want = run_file(data, sample[None])[0].astype(np.int16) - 128
        got = run_single(graph, (sample[None].astype(np.int16) - 128).astype(np.int8))
        np.testing.assert_array_equal(got, want)


def test_a_uint8_network_is_requantised_to_symmetric_weights_when_data_is_given(tmp_path):
    import edgeml

    data, _ = uint8_network()
    (tmp_path / "u.tflite").write_bytes(data)
    result = edgeml.quantize(tmp_path / "u.tflite", images(32))
    for bound in result.graph.bound():
        if bound.node.op in WEIGHTED:
            assert not any(bound.input(1).quantization.zero_point)
    real = from_litert(data, "u.tflite", real=True)
    assert {t.dtype for t in real.tensors.values()} == {DType.FLOAT32}
    # the real values of the file: what it computes, but for its own rounding
    exact = canonicalize(from_litert(data, "u.tflite"))
    x = images(16)
    codes = np.clip(np.rint(x / exact.input_tensors[0].type.scale) + exact.input_tensors[0].type.zero_point, -128, 127)
    out = exact.output_tensors[0].type
    want = (run_single(exact, codes.astype(np.int8)).astype(np.float32) - out.zero_point) * out.scale
    assert np.abs(run_single(real, x) - want).max() < 0.05


def test_an_int8_model_is_quantised_again_only_when_asked(tmp_path):
    import edgeml

    graph = quantize(small_cnn(), images(16)).graph
    (tmp_path / "i.tflite").write_bytes(litert.emit(graph))
    with pytest.raises(QuantizationError, match="int8 already"):
        edgeml.quantize(tmp_path / "i.tflite", images(16))
    again = edgeml.quantize(tmp_path / "i.tflite", images(16), requantize=True)
    assert again.graph.input_tensors[0].dtype is DType.INT8
    with pytest.raises(QuantizationError, match="real=True"):
        edgeml.quantize(graph, images(16), requantize=True)


def test_modern_int8_models_with_a_uint8_boundary_are_read():
    graph = quantize(small_cnn(), images(16)).graph
    model = read(litert.emit(graph))
    first = model.inputs[0]
    q = model.tensors[first].type.quantization
    outer = TensorRecord(
        "pixels",
        TensorType(model.tensors[first].type.shape, DType.UINT8, Quantization(q.scale, (q.zero_point[0] + 128,))),
    )
    convert = OperatorRecord("QUANTIZE", 1, (len(model.tensors),), (first,), "QuantizeOptions", {})
    data = write(
        replace(
            model,
            tensors=(*model.tensors, outer),
            operators=(convert, *model.operators),
            inputs=(len(model.tensors),),
        )
    )
    read_back = canonicalize(from_litert(data, "u.tflite"))
    x = np.random.default_rng(1).integers(0, 256, read_back.input_tensors[0].shape).astype(np.uint8)
    got = run_single(read_back, (x.astype(np.int16) - 128).astype(np.int8))
    np.testing.assert_array_equal(got, run_file(data, x)[0])


def half_precision(model: TfliteModel) -> TfliteModel:
    """Weights as FLOAT16 behind DEQUANTIZE, as the converter stores them."""
    tensors, operators = list(model.tensors), []
    for i, t in enumerate(model.tensors):
        if t.data is not None and t.type.dtype is DType.FLOAT32:
            tensors[i] = replace(t, data=None)
            tensors.append(replace(t, name=f"{t.name}_half", element="FLOAT16"))
            operators.append(OperatorRecord("DEQUANTIZE", 1, (len(tensors) - 1,), (i,), "DequantizeOptions", {}))
    return replace(model, tensors=tuple(tensors), operators=(*operators, *model.operators))


def test_half_precision_weights_behind_dequantize_are_float32_constants():
    data = write(half_precision(read(litert.emit(small_cnn()))))
    graph = from_litert(data, "h.tflite")
    assert not [n for n in graph.nodes if n.op == "dequantize"]
    x = images(1)
    np.testing.assert_allclose(run_single(graph, x), run_file(data, x)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("op", ["fully_connected", "conv_2d", "depthwise_conv_2d"])
def test_four_bit_weights_equal_litert_but_for_its_rounding(op):
    """LiteRT leaves int8 activations with int4 weights to built-in kernels that round in their own way.

    So the LiteRT export writes such weights as int8: once no value differs here, it may pack them.
    """
    values = different = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, 4])
        graph = CASES[op](rng, True)
        w = graph.bind(graph.nodes[0]).input(1)
        codes = rng.integers(-7, 8, w.shape).astype(np.int8)
        try:
            graph = verify(graph.with_tensors({w.name: replace(w, data=codes)}), OPS)
        except UnsupportedError:
            continue
        model = read(litert.emit(graph))
        packed = [t.data is not None and t.data.dtype == np.int8 for t in model.tensors]
        tensors = [replace(t, element="INT4") if p else t for t, p in zip(model.tensors, packed, strict=True)]
        data = write(replace(model, tensors=tuple(tensors)))
        again = from_litert(data, "4.tflite")
        np.testing.assert_array_equal(again.bind(again.nodes[0]).input(1).data, codes)
        x = next(iter(random_inputs(graph, rng).values()))
        try:
            (want,) = run_file(data, x)
        except (RuntimeError, ValueError):
            continue  # LiteRT itself refuses some four-bit shapes
        difference = np.abs(run_single(again, x).astype(int) - want)
        assert difference.max() <= 1
        values, different = values + want.size, different + int((difference > 0).sum())
    print(f"{op}: {different} of {values} values differ, by 1")
    assert values > 300 and 0 < different < values * 0.03


def as_16x8(model: TfliteModel) -> TfliteModel:
    """Activations in int16, biases in int64, weights left in int8."""

    def wide(t: TensorRecord) -> TensorRecord:
        q = t.type.quantization
        if q is not None and t.data is None and t.type.dtype is DType.INT8:
            # softmax has a scale of its own
            scale = 1 / 32768 if q.scale[0] == 1 / 256 else q.scale[0] / 256
            return replace(t, type=TensorType(t.type.shape, DType.INT16, Quantization((scale,), (0,))))
        if q is not None and t.data is not None and t.type.dtype is DType.INT32:
            q = Quantization(tuple(s / 256 for s in q.scale), q.zero_point, q.axis)
            data = (t.data.astype(np.int64) * 256).astype(np.int64)
            return replace(t, type=TensorType(t.type.shape, DType.INT64, q), data=data)
        return t

    return replace(model, tensors=tuple(wide(t) for t in model.tensors))


def test_16x8_models_are_read_as_they_are():
    data = write(as_16x8(read(litert.emit(quantize(small_cnn(), images(16)).graph))))
    graph = from_litert(data, "w.tflite")
    assert not graph.notes and {t.dtype for t in graph.input_tensors + graph.output_tensors} == {DType.INT16}
    scale = np.float32(1 / graph.input_tensors[0].type.scale)
    codes = np.clip(np.rint(images(8) * scale), -32768, 32767).astype(np.int16)
    for x in codes:
        np.testing.assert_array_equal(run_single(graph, x[None]), run_file(data, x[None])[0])


def test_16x8_models_with_an_operator_without_int16_meaning_are_read_as_their_real_values(tmp_path):
    import edgeml

    model = read(litert.emit(quantize(small_cnn(), images(16)).graph))
    last = model.operators[-1]
    other = replace(last, builtin="EXP", version=2, options_type="", options={})
    data = write(as_16x8(replace(model, operators=(*model.operators[:-1], other))))
    graph = from_litert(data, "w.tflite")
    assert {t.dtype for t in graph.tensors.values()} == {DType.FLOAT32}
    assert "16x8" in graph.notes[0] and "exp" in graph.notes[0]
    (tmp_path / "w.tflite").write_bytes(data)
    assert edgeml.quantize(tmp_path / "w.tflite", images(16)).graph.input_tensors[0].dtype is DType.INT8


@pytest.fixture(scope="session")
def converted() -> dict[str, bytes]:
    """What TensorFlow's converter makes of one network: half precision, dynamic range, 16x8."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((10, 10, 2)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.MaxPool2D(),
            layers.Flatten(),
            layers.Dense(200, activation="relu"),
            layers.Dense(5),
        ]
    )

    def convert(*types, ops=None, data=False) -> bytes:
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = list(types)
        if ops is not None:
            converter.target_spec.supported_ops = [ops]
        if data:
            rng = np.random.default_rng(0)
            converter.representative_dataset = lambda: (
                [rng.random((1, 10, 10, 2), dtype=np.float32)] for _ in range(20)
            )
        return converter.convert()

    wide = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    return {"float16": convert(tf.float16), "dynamic": convert(), "16x8": convert(ops=wide, data=True)}


@pytest.mark.needs_tensorflow
def test_16x8_of_the_converter_is_read_and_written_exactly(converted):
    graph = from_litert(converted["16x8"], "16x8.tflite")
    assert not graph.notes and [n.op for n in graph.nodes][:2] == ["quantize", "conv_2d"]
    again = litert.emit(graph)
    for x in np.random.default_rng(3).random((20, 1, 10, 10, 2), dtype=np.float32):
        (want,) = run_file(converted["16x8"], x)
        np.testing.assert_array_equal(run_single(graph, x), want)
        np.testing.assert_array_equal(run_file(again, x)[0], want)


@pytest.mark.needs_tensorflow
@pytest.mark.parametrize(("kind", "tolerance"), [("float16", 1e-5), ("dynamic", 0.02)])
def test_what_the_converter_writes_is_read(converted, kind, tolerance):
    graph = canonicalize(from_litert(converted[kind], f"{kind}.tflite"))
    assert all(t.dtype is DType.FLOAT32 for t in graph.tensors.values())
    # the converter's own calibration samples: no others are sure to lie in the ranges of 16x8
    for x in np.random.default_rng(0).random((8, 1, 10, 10, 2), dtype=np.float32):
        (want,) = run_file(converted[kind], x)
        np.testing.assert_allclose(run_single(graph, x), want, atol=tolerance * np.abs(want).max())
    int8 = quantize(graph, np.random.default_rng(6).random((32, 10, 10, 2), dtype=np.float32)).graph
    assert int8.input_tensors[0].dtype is DType.INT8


def test_real_values_and_uint8_codes_are_inverse_for_files():
    model = read(litert.emit(quantize(small_cnn(), images(8)).graph))
    assert is_uint8(to_uint8(model)) and not is_uint8(as_float(model))
    assert schema.DTYPE_NAMES[as_float(model).tensors[0].type.dtype] == "FLOAT32"


def test_a_float_model_read_as_its_real_values_needs_no_note():
    graph = GraphBuilder("plain", OPS)
    graph = graph.build([graph.add("relu", [graph.input("x", (1, 4))])])
    assert from_litert(litert.emit(graph), real=True).notes == ()
