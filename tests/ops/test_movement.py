import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import DType, Quantization, TensorType
from edgeml.ops import OPS
from edgeml.ops.broadcast_to import BroadcastToAttrs
from edgeml.ops.cast import CastAttrs
from edgeml.ops.depth_to_space import BlockAttrs
from edgeml.ops.gather import GatherAttrs
from edgeml.ops.movement import View, dense_strides, merged
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.tile import TileAttrs
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


def test_tile_repeats() -> None:
    bound = bind("tile", [f32(1, 2)], TileAttrs((2, 2)))
    np.testing.assert_array_equal(compute(bound, np.array([[1, 2]], np.float32)), [[1, 2, 1, 2]] * 2)
    with pytest.raises(GraphError, match="a multiple of at least 1 for each of 2 dimensions"):
        infer("tile", TileAttrs((1, 0)), (1, 2))
    with pytest.raises(UnsupportedError, match="may repeat 4 dimensions at most"):
        bind("tile", [f32(2, 2, 2, 2, 2)], TileAttrs((2, 2, 2, 2, 2)))


def test_broadcast_aligns_at_the_last_dimension() -> None:
    assert infer("broadcast_to", BroadcastToAttrs((2, 3, 4)), (3, 1)) == (2, 3, 4)
    for shape in ((2,), (1, 1, 1, 1)):
        with pytest.raises(GraphError, match="must broadcast to"):
            infer("broadcast_to", BroadcastToAttrs((2, 3, 4)), shape)


def test_blocks_of_channels_and_pixels_are_inverse() -> None:
    x = np.arange(1 * 2 * 3 * 12, dtype=np.float32).reshape(1, 2, 3, 12)
    spread = compute(bind("depth_to_space", [f32(1, 2, 3, 12)], BlockAttrs(2)), x)
    # TensorFlow's order: channel = (row in block * 2 + column in block) * 3 + output channel
    assert spread.shape == (1, 4, 6, 3) and spread[0, 1, 2].tolist() == [18, 19, 20]
    back = compute(bind("space_to_depth", [f32(1, 4, 6, 3)], BlockAttrs(2)), spread)
    np.testing.assert_array_equal(back, x)
    with pytest.raises(GraphError, match="a multiple of block_size"):
        infer("depth_to_space", BlockAttrs(2), (1, 2, 3, 6))
    with pytest.raises(GraphError, match="height and width multiples of block_size"):
        infer("space_to_depth", BlockAttrs(2), (1, 2, 3, 6))


def test_gather_is_safe_with_any_index() -> None:
    indices = np.array([[0, 3, 4, 2**31 - 1, -1, -4, -5, -(2**31)]], np.int32)
    bound = bind(
        "gather", [np.arange(8, dtype=np.float32).reshape(4, 2), TensorType((1, 8), DType.INT32)], GatherAttrs()
    )
    np.testing.assert_array_equal(compute(bound, indices)[0, :, 0] / 2, [0, 3, 3, 3, 3, 0, 0, 0])
    with pytest.raises(UnsupportedError, match="the indices must be int32 or int64"):
        bind("gather", [f32(4, 2), f32(1, 8)], GatherAttrs())
    with pytest.raises(GraphError, match="whose first 1 dimensions must be equal"):
        infer("gather", GatherAttrs(1, 1), (2, 4), (3, 4))
