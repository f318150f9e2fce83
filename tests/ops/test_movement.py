import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import DType, Quantization, TensorType
from edgeml.ops import OPS
from edgeml.ops.cast import CastAttrs
from edgeml.ops.movement import View, dense_strides, merged
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.transpose import TransposeAttrs
from tests.ops.support import bind, compute, f32, infer, s8


def test_loops_merge_where_elements_stay_neighbours() -> None:
    # NHWC to NCHW: height and width are one loop
    x = dense_strides((1, 4, 5, 3))
    assert merged(View((1, 3, 4, 5), (x[0], x[3], x[1], x[2]))) == View((3, 20), (1, 3))
    assert merged(View((2, 3), (3, 1))) == View((6,), (1,))
    assert merged(View((2, 3), (0, 0), 7)) == View((6,), (0,), 7)
    assert merged(View((2, 3), (-3, -1), 5)) == View((6,), (-1,), 5)
    assert merged(View((1, 1), (9, 9))) == View((), ())


def test_transpose_needs_a_permutation() -> None:
    assert infer("transpose", TransposeAttrs((0, 2, 1)), (1, 4, 5)) == (1, 5, 4)
    for perm in ((0, 1), (0, 1, 1), (0, 1, 3)):
        with pytest.raises(GraphError, match="perm must hold each of the 3 dimensions"):
            infer("transpose", TransposeAttrs(perm), (1, 4, 5))


def test_rank_is_at_most_6() -> None:
    with pytest.raises(UnsupportedError, match="rank 6 at most"):
        bind("transpose", [f32(1, 2, 1, 2, 1, 2, 1)], TransposeAttrs((0, 1, 2, 3, 4, 6, 5)))


def test_quantisation_stays() -> None:
    with pytest.raises(UnsupportedError, match="must have that of 'x0'"):
        bind("transpose", [s8(1, 2)], TransposeAttrs((1, 0)), Quantization.per_tensor(0.25, 0))


def test_slice_stays_inside() -> None:
    assert infer("strided_slice", StridedSliceAttrs((0, 3), (1, 2), (1, -3)), (1, 4)) == (1, 2)
    for begin, size, stride in ((0, 5, 1), (4, 1, 1), (-1, 1, 1), (1, 3, -1), (0, 3, 2)):
        with pytest.raises(GraphError, match="must stay inside the input"):
            infer("strided_slice", StridedSliceAttrs((0, begin), (1, size), (1, stride)), (1, 4))
    with pytest.raises(GraphError, match="a stride other than 0"):
        infer("strided_slice", StridedSliceAttrs((0,), (1,), (0,)), (1,))


def test_slice_takes_steps() -> None:
    bound = bind("strided_slice", [f32(1, 5)], StridedSliceAttrs((0, 4), (1, 3), (1, -2)))
    np.testing.assert_array_equal(compute(bound, np.arange(5, dtype=np.float32)[None]), [[4, 2, 0]])


def test_cast_saturates_floats_and_wraps_integers() -> None:
    bound = bind("cast", [f32(1, 6)], CastAttrs(DType.INT8))
    x = np.array([[-1.9, 1.9, 300, -300, np.nan, np.inf]], np.float32)
    np.testing.assert_array_equal(compute(bound, x), [[-1, 1, 127, -128, 127, 127]])
    bound = bind("cast", [f32(1, 3)], CastAttrs(DType.INT32))
    np.testing.assert_array_equal(
        compute(bound, np.array([[3e9, -3e9, 2147483520]], np.float32)), [[2**31 - 1, -(2**31), 2147483520]]
    )
    bound = bind("cast", [TensorType((1, 3), DType.INT32)], CastAttrs(DType.INT8))
    np.testing.assert_array_equal(compute(bound, np.array([[128, -129, 256]], np.int32)), [[-128, 127, 0]])


def test_cast_takes_no_scales() -> None:
    with pytest.raises(UnsupportedError, match="neither side may have a scale"):
        bind("cast", [s8(1, 2)], CastAttrs(DType.FLOAT32))
    assert OPS["cast"].batchable(bind("cast", [f32(1, 2)], CastAttrs(DType.INT32)))
