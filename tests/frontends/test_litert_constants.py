"""Builtins whose result the reader knows, and look-ups, against LiteRT's default interpreter on the same file."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TensorRecord, TfliteModel, write
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array, DType, Quantization, TensorType
from edgeml.passes import canonicalize
from tests.frontends.litert_files import File, like

X = np.arange(24, dtype=np.float32).reshape(1, 4, 6)


def _value(data: bytes) -> Array:
    """The data of a file's only output, which the reader made a constant."""
    graph = from_litert(data)
    assert not graph.nodes
    tensor = graph.output_tensors[0]
    assert tensor.data is not None
    return tensor.data


def _constant(f: File, *args: object, **kwargs: object) -> None:
    if not f.inputs:
        f.input(X)  # a graph has an input
    data = f.write(*args, **kwargs)  # type: ignore[arg-type]
    (want,) = f.litert(data)
    got = _value(data)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(("dtype", "code"), [(np.int32, 2), (np.int64, 4)])
def test_shape(dtype: type, code: int) -> None:
    f = File()
    _constant(f, "SHAPE", [f.input(X)], [like(np.zeros(3, dtype), (3,))], ("ShapeOptions", {"outType": code}))


def test_rank() -> None:
    f = File()
    _constant(f, "RANK", [f.input(X)], [TensorType((), DType.INT32)], ("RankOptions", {}))


@pytest.mark.parametrize(("dtype", "step"), [(np.int32, 3), (np.int32, -2), (np.float32, 0.75)])
def test_range(dtype: type, step: float) -> None:
    f = File()
    ends = (2, 9) if step > 0 else (9, 2)
    operands = [f.constant(v, dtype) for v in (*ends, step)]
    size = len(np.arange(*ends, step))
    _constant(f, "RANGE", operands, [like(np.zeros(1, dtype), (size,))], ("RangeOptions", {}))


def test_zeros_and_fills() -> None:
    f = File()
    _constant(f, "ZEROS_LIKE", [f.input(X)], [like(X, X.shape)], ("ZerosLikeOptions", {}))
    f = File()
    _constant(f, "FILL", [f.constant([2, 3]), f.constant(7.5, np.float32)], [like(X, (2, 3))], ("FillOptions", {}))
    f = File()
    f.check("FILL", [f.constant([2, 3]), f.input(np.float32(7.5).reshape(()))], [like(X, (2, 3))], ("FillOptions", {}))


def test_constants_do_not_grow_without_limit() -> None:
    f = File()
    f.input(X)
    data = f.write("FILL", [f.constant([1 << 15, 1 << 15]), f.constant(0, np.float32)], [like(X, (1 << 15, 1 << 15))])
    with pytest.raises(UnsupportedError, match="at most 4194304 are made"):
        from_litert(data)
    f = File()
    f.input(X)
    with pytest.raises(UnsupportedError, match="is too long"):
        from_litert(f.write("RANGE", [f.constant(v) for v in (0, 2**31 - 1, 1)], [TensorType((1,), DType.INT32)]))


def test_a_wrong_shape_in_the_file_is_refused() -> None:
    f = File()
    with pytest.raises(ModelFormatError, match=r"tensor 'y0': must be int32 of shape \(3,\)"):
        from_litert(f.write("SHAPE", [f.input(X)], [TensorType((2,), DType.INT32)], ("ShapeOptions", {"outType": 2})))


def test_arithmetic_of_shapes_is_done_while_reading() -> None:
    """SHAPE, STRIDED_SLICE, PACK and RESHAPE, as Keras writes a Flatten of a dynamic batch."""
    i32 = DType.INT32
    tensors = [
        TensorRecord("x", TensorType(X.shape, DType.FLOAT32)),
        TensorRecord("s", TensorType((3,), i32)),
        *(TensorRecord(f"k{i}", TensorType((1,), i32), np.array([i], np.int32)) for i in (0, 1)),
        TensorRecord("batch", TensorType((), i32)),
        TensorRecord("rest", TensorType((), i32), np.array(24, np.int32)),
        TensorRecord("target", TensorType((2,), i32)),
        TensorRecord("y", TensorType((1, 24), DType.FLOAT32)),
    ]
    operators = [
        OperatorRecord("SHAPE", 1, (0,), (1,), "ShapeOptions", {"outType": 2}),
        OperatorRecord("STRIDED_SLICE", 1, (1, 2, 3, 3), (4,), "StridedSliceOptions", {"shrinkAxisMask": 1}),
        OperatorRecord("PACK", 1, (4, 5), (6,), "PackOptions", {"valuesCount": 2}),
        OperatorRecord("RESHAPE", 1, (0, 6), (7,), "ReshapeOptions", {}),
    ]
    graph = from_litert(write(TfliteModel("m", tuple(tensors), tuple(operators), (0,), (7,))))
    assert [n.op for n in graph.nodes] == ["reshape"]


def test_embeddings() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(9, 4)).astype(np.float32)
    ids = np.array([3, 0, 8, 8], np.int32)
    f = File()
    f.check("EMBEDDING_LOOKUP", [f.input(ids), f.constant(table, np.float32)], [like(table, (4, 4))])
    f = File()
    codes = f.constant(rng.integers(-127, 128, (9, 4)), np.int8, Quantization.per_tensor(0.02, 0))
    f.check("EMBEDDING_LOOKUP", [f.input(ids), codes], [like(table, (4, 4))], version=3)
    f = File()
    options = ("GatherOptions", {"axis": -2})
    f.check("GATHER", [f.constant(table, np.float32), f.input(ids.reshape(1, 4))], [like(table, (1, 4, 4))], options)


def test_add_n() -> None:
    f = File()
    parts = [f.input(X * k) for k in (1, 3, -2)]
    data = f.check("ADD_N", parts, [like(X, X.shape)], ("AddNOptions", {}))
    assert [n.op for n in canonicalize(from_litert(data)).nodes] == ["add", "add"]


def test_elements_by_constant_coordinates() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 4, 3, 2)).astype(np.float32)
    f = File()
    places = [[0, 3, 1], [0, 0, 2], [0, 3, 1]]
    f.check("GATHER_ND", [f.input(x), f.constant(places)], [like(x, (3, 2))], ("GatherNdOptions", {}))
    f = File()
    f.check("GATHER_ND", [f.input(x), f.constant([[[0, 1]], [[0, 2]]])], [like(x, (2, 1, 3, 2))])
    f = File()
    with pytest.raises(ModelFormatError, match="an index lies outside"):
        from_litert(f.write("GATHER_ND", [f.input(x), f.constant([[0, 4]])], [like(x, (1, 3, 2))]))


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_one_hot(axis: int) -> None:
    indices = np.array([[3, 0, 7, -1]], np.int32)
    f = File()
    shape = [1, 4]
    shape.insert(axis if axis >= 0 else 2, 5)
    operands = [f.input(indices), f.constant(5), f.constant(2.5, np.float32), f.constant(-1, np.float32)]
    f.check("ONE_HOT", operands, [like(X, shape)], ("OneHotOptions", {"axis": axis}))


def test_vectors_of_length_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 3, 4, 5)).astype(np.float32)
    x[0, 1, 2] = 0
    f = File()
    data = f.write("L2_NORMALIZATION", [f.input(x)], [like(x, x.shape)], ("L2NormOptions", {}))
    np.testing.assert_allclose(f.edgeml(data)[0], f.litert(data)[0], rtol=1e-6, atol=1e-7)
