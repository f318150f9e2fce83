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
