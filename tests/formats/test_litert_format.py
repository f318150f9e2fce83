import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.errors import EdgeMLError, ModelFormatError
from edgeml.formats.litert import read, write
from edgeml.frontends.litert import from_litert
from edgeml.quantize import quantize
from tests.graphs import images, small_cnn


@pytest.fixture(scope="module")
def data() -> bytes:
    return litert.emit(quantize(small_cnn(), images(16)).graph)


def test_reading_and_writing_again_gives_the_same_records(data):
    first = read(data)
    again = read(write(first))
    assert [t.name for t in first.tensors] == [t.name for t in again.tensors]
    assert [t.type for t in first.tensors] == [t.type for t in again.tensors]
    assert first.operators == again.operators
    for a, b in zip(first.tensors, again.tensors, strict=True):
        assert (a.data is None) == (b.data is None)
        assert a.data is None or np.array_equal(a.data, b.data)


def test_writing_twice_gives_the_same_bytes(data):
    assert write(read(data)) == write(read(data))


@pytest.mark.parametrize(
    "text", [b"", b"TFL3", b"\0" * 64, b"PK\3\4" + b"\0" * 60, b"not a model at all, but long enough"]
)
def test_other_files_are_refused_with_a_typed_error(text):
    with pytest.raises(ModelFormatError, match=r"not a \.tflite file"):
        read(text, "x.tflite")


def test_every_truncation_is_a_typed_error_or_a_valid_graph(data):
    outcomes = {"refused": 0, "read": 0}
    for length in range(8, len(data), 97):
        try:
            from_litert(data[:length], "cut.tflite")
            outcomes["read"] += 1
        except EdgeMLError:
            outcomes["refused"] += 1
    assert outcomes["refused"] > 10


def test_random_damage_is_a_typed_error_or_a_valid_graph(data):
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(400):
        damaged = bytearray(data)
        for position in rng.integers(8, len(data), 4):
            damaged[position] = rng.integers(0, 256)
        try:
            from_litert(bytes(damaged), "damaged.tflite")
        except EdgeMLError:
            refused += 1
    assert refused > 0


def _generated(data: bytes):
    """The file through the schema's own classes, unchecked: the oracle for well-formed files."""
    from edgeml.formats.litert import schema

    return schema.bindings().ModelT.InitFromPackedBuf(data, 0)


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    "name", ["mlperf_tiny/kws_ref_model", "mlperf_tiny/str_ww_ref_model", "mobilenet_v2_035_96_embedder"]
)
def test_published_files_are_read_as_the_generated_classes_read_them(shared, name):
    data = (shared / "models" / f"{name}.tflite").read_bytes()
    ours, theirs = read(data), _generated(data)
    graph = theirs.subgraphs[0]
    assert len(ours.tensors) == len(graph.tensors) and len(ours.operators) == len(graph.operators)
    for mine, raw in zip(ours.tensors, graph.tensors, strict=True):
        assert mine.name == raw.name.decode() and list(mine.type.shape) == list(raw.shape)
        stored = theirs.buffers[raw.buffer].data
        assert (mine.data is None) == (stored is None)
        assert mine.data is None or mine.data.tobytes() == stored.tobytes()
        if mine.type.quantization is not None:
            assert list(mine.type.quantization.scale) == [float(s) for s in raw.quantization.scale]
            assert list(mine.type.quantization.zero_point) == list(raw.quantization.zeroPoint)
    for call, raw in zip(ours.operators, graph.operators, strict=True):
        assert list(call.inputs) == list(raw.inputs) and list(call.outputs) == list(raw.outputs)
        fields = {} if raw.builtinOptions is None else vars(raw.builtinOptions)
        assert set(call.options) == set(fields)
        for key, value in fields.items():
            assert np.array_equal(call.options[key], value) or call.options[key] == value
    assert write(read(write(ours))) == write(ours)


def test_a_large_file_is_read_in_well_under_a_second():
    import time

    from edgeml.formats.litert import TensorRecord, TfliteModel
    from edgeml.ir import DType, TensorType

    rng = np.random.default_rng(0)
    weights = [
        TensorRecord(f"w{i}", TensorType((128, 256), DType.FLOAT32), rng.random((128, 256), np.float32))
        for i in range(110)
    ]
    large = write(TfliteModel("large", tuple(weights), (), (), ()))
    assert len(large) > 14e6
    start = time.perf_counter()
    assert len(read(large).tensors) == 110
    assert time.perf_counter() - start < 0.5
