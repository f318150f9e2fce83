"""Where the inputs come from, and that they reach the model as the codes that were meant."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import DataError
from edgeml.ir import DType, Graph, GraphBuilder, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.validate.samples import array_samples, data_samples, random_samples


def int8_graph(scale: float, zero_point: int, shape: tuple[int, ...] = (1, 4, 4, 2)) -> Graph:
    type_ = TensorType(shape, DType.INT8, Quantization.per_tensor(scale, zero_point))
    tensors = {"x": Tensor("x", type_), "y": Tensor("y", TensorType((1, 32), DType.INT8, type_.quantization))}
    return Graph("flat", ("x",), ("y",), tensors, (Node("reshape", "y", ("x",), ("y",), ReshapeAttrs((1, 32))),))


@pytest.mark.parametrize(("scale", "zero_point"), [(0.5847029, 83), (1 / 255, -128), (1.0, -128), (3.7, 0)])
def test_int8_arrays_are_the_models_own_codes(tmp_path, scale, zero_point):
    codes = np.arange(-128, 128).astype(np.int8).reshape(8, 4, 4, 2)
    np.savez(tmp_path / "d.npz", x=codes, y=np.zeros(8, np.uint8))
    found = data_samples(str(tmp_path / "d.npz"), int8_graph(scale, zero_point), None)
    np.testing.assert_array_equal(found.arrays[0], codes)
    assert found.labels is not None and len(found.labels) == 8
    assert "int8 codes" in found.origin


def test_int8_codes_without_negative_values_are_no_pixels(tmp_path):
    codes = np.arange(128).astype(np.int8).reshape(4, 4, 4, 2)
    np.savez(tmp_path / "d.npz", x=codes)
    np.testing.assert_array_equal(data_samples(str(tmp_path / "d.npz"), int8_graph(0.3, 5), None).arrays[0], codes)


def test_pixels_are_0_to_255_where_the_input_is_pixel_minus_128(tmp_path):
    pixels = np.arange(256).astype(np.uint8).reshape(8, 4, 4, 2)
    np.savez(tmp_path / "d.npz", x=pixels)
    found = data_samples(str(tmp_path / "d.npz"), int8_graph(1.0, -128), None)
    np.testing.assert_array_equal(found.arrays[0], (pixels.astype(int) - 128).astype(np.int8))
    assert found.labels is None and "0 to 255" in found.origin


def test_pixels_are_0_to_1_for_every_other_input(tmp_path):
    pixels = np.arange(256).astype(np.uint8).reshape(8, 4, 4, 2)
    np.savez(tmp_path / "d.npz", x=pixels)
    found = data_samples(str(tmp_path / "d.npz"), int8_graph(1 / 255, -128), None)
    np.testing.assert_array_equal(found.arrays[0], (pixels.astype(int) - 128).astype(np.int8))
    third = data_samples(str(tmp_path / "d.npz"), int8_graph(3 / 255, 0), None)
    np.testing.assert_array_equal(third.arrays[0].ravel(), np.rint(np.arange(256) / 3))


def test_a_scale_is_the_users_word(tmp_path):
    pixels = np.full((2, 4, 4, 2), 200, np.uint8)
    np.savez(tmp_path / "d.npz", x=pixels)
    found = data_samples(str(tmp_path / "d.npz"), int8_graph(1.0, -128), None, scale=255)
    assert set(found.arrays[0].ravel()) == {72}


def test_whole_npz_is_used_and_count_limits_it(tmp_path):
    x = np.random.default_rng(0).random((50, 4, 4, 2), np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(50) % 3)
    graph = int8_graph(1 / 255, -128)
    assert len(data_samples(str(tmp_path / "d.npz"), graph, None).arrays[0]) == 50
    found = data_samples(str(tmp_path / "d.npz"), graph, 7)
    assert found.labels is not None
    assert len(found.arrays[0]) == len(found.labels) == 7


def test_random_samples_cover_the_codes_and_repeat():
    graph = int8_graph(0.1, 0)
    one, two, other = (random_samples(graph, 200, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.arrays[0], two.arrays[0])
    assert (one.arrays[0] != other.arrays[0]).any()
    assert (one.arrays[0].min(), one.arrays[0].max()) == (-128, 127)
    assert "seed 3" in one.origin and "all codes of int8" in one.origin


def test_random_floats_fill_the_range_of_the_quantize_behind_them():
    type_ = TensorType((1, 50), DType.INT8, Quantization.per_tensor(0.5, -128))
    tensors = {"x": Tensor("x", TensorType((1, 50), DType.FLOAT32)), "q": Tensor("q", type_)}
    graph = Graph("q", ("x",), ("q",), tensors, (Node("quantize", "q", ("x",), ("q",)),))
    (x,) = random_samples(graph, 40, 0).arrays
    assert x.dtype == np.float32
    assert 0 <= x.min() < 1 and 126 < x.max() <= 127.5


def two_inputs() -> Graph:
    b = GraphBuilder("sum", OPS)
    y = b.add("add", [b.input("a", (1, 3)), b.input("b", (1, 3))], BinaryAttrs(), name="y")
    return b.build([y])


def test_npz_gives_several_inputs_by_name(tmp_path):
    a, b = np.ones((4, 3), np.float32), np.full((4, 3), 2, np.float32)
    np.savez(tmp_path / "d.npz", a=a, b=b)
    found = data_samples(str(tmp_path / "d.npz"), two_inputs(), 2)
    np.testing.assert_array_equal(found.arrays[0], a[:2])
    np.testing.assert_array_equal(found.arrays[1], b[:2])
    np.savez(tmp_path / "e.npz", x=a)
    with pytest.raises(DataError, match="a, b"):
        data_samples(str(tmp_path / "e.npz"), two_inputs(), 2)


def test_arrays_of_a_program_are_codes_or_reals():
    graph = int8_graph(0.5, 10)
    codes = np.full((2, 4, 4, 2), 30, np.int8)
    reals = np.full((2, 4, 4, 2), 10.0, np.float32)
    for x in (codes, reals):
        np.testing.assert_array_equal(array_samples(graph, x, None).arrays[0], codes)
    with pytest.raises(DataError, match="as many labels"):
        array_samples(graph, codes, np.zeros(3))


def test_photos_come_in_the_size_and_colours_of_the_input(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for shade, name in ((40, "cat"), (200, "dog")):
        (tmp_path / name).mkdir()
        for i in range(5):
            image.fromarray(np.full((9, 9, 3), shade + i, np.uint8)).save(tmp_path / name / f"{i}.png")
    type_ = TensorType((1, 4, 6, 1), DType.FLOAT32)
    tensors = {"x": Tensor("x", type_), "y": Tensor("y", TensorType((1, 24), DType.FLOAT32))}
    graph = Graph("flat", ("x",), ("y",), tensors, (Node("reshape", "y", ("x",), ("y",), ReshapeAttrs((1, 24))),))
    found = data_samples(str(tmp_path), graph, None)
    assert found.arrays[0].shape[1:] == (4, 6, 1) and len(found.labels) == len(found.arrays[0]) == 2
    np.testing.assert_allclose(found.arrays[0].std(axis=(1, 2, 3)), 0, atol=1e-6)
