import numpy as np
import pytest

from edgeml.backends.litert import emit
from edgeml.errors import GraphError, UnsupportedError
from edgeml.frontends.litert import from_litert
from edgeml.ir import GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.batch_matmul import BatchMatmulAttrs
from edgeml.ops.mirror_pad import MirrorMode, MirrorPadAttrs
from edgeml.ops.resizing import ResizeAttrs
from edgeml.ops.transpose_conv import TransposeConvAttrs
from tests.contract.oracle import run_litert
from tests.ops.support import bind, compute, f32, infer


def test_matrices_and_batches_must_fit() -> None:
    assert infer("batch_matmul", BatchMatmulAttrs(), (2, 1, 3, 4), (5, 4, 6)) == (2, 5, 3, 6)
    assert infer("batch_matmul", BatchMatmulAttrs(True, True), (4, 3), (6, 4)) == (3, 6)
    for a, b in (((3, 4), (3, 4)), ((2, 3, 4), (3, 4, 5)), ((4,), (4, 5))):
        with pytest.raises(GraphError, match="batch_matmul: "):
            infer("batch_matmul", BatchMatmulAttrs(), a, b)
    with pytest.raises(UnsupportedError, match="rank 2 to 5"):
        bind("batch_matmul", [f32(1, 1, 1, 1, 2, 3), f32(3, 4)], BatchMatmulAttrs())


def test_a_pixel_spreads_the_weights() -> None:
    w = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    bound = bind("transpose_conv", [f32(1, 1, 1, 1), w], TransposeConvAttrs((2, 2)))
    np.testing.assert_array_equal(compute(bound, np.full((1, 1, 1, 1), 3, np.float32)), 3 * w)
    bound = bind("transpose_conv", [f32(1, 1, 1, 1), w], TransposeConvAttrs((2, 2), (1, -1, 0, 0)))
    got = compute(bound, np.ones((1, 1, 1, 1), np.float32))[0, :, :, 0]
    np.testing.assert_array_equal(got, [[2, 3], [0, 0]])


def test_transposed_output_must_exist() -> None:
    for padding in ((2, 0, 0, 0), (-1, 0, 0, 0), (0, 2, 0, 0)):
        with pytest.raises(GraphError, match="is not possible"):
            infer("transpose_conv", TransposeConvAttrs((1, 1), padding), (1, 1, 1, 1), (1, 2, 2, 1))
    with pytest.raises(GraphError, match="the input's channels must equal"):
        infer("transpose_conv", TransposeConvAttrs(), (1, 1, 1, 2), (1, 2, 2, 1))


def test_padding_that_litert_lacks_is_cut_off_by_a_slice() -> None:
    """PyTorch's kernel 3, stride 2, padding 1: LiteRT's SAME would cut off the other side."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("g", OPS)
    x = b.input("x", (1, 4, 5, 2))
    w = b.constant("w", rng.normal(size=(3, 3, 3, 2)).astype(np.float32))
    graph = b.build([b.add("transpose_conv", [x, w], TransposeConvAttrs((2, 2), (1, 0, 1, 0)), name="y")])
    data = rng.normal(size=(1, 4, 5, 2)).astype(np.float32)
    (got,) = run_litert(graph, {"x": data})
    want = OPS["transpose_conv"].reference(graph.bind(graph.nodes[0]), data, graph.tensor("w").data)[0]
    assert got.shape == (1, 8, 10, 3)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    assert [n.op for n in from_litert(emit(graph)).nodes] == ["transpose_conv", "strided_slice"]


def test_corners_or_half_pixels_are_aligned() -> None:
    x = np.array([0, 10], np.float32).reshape(1, 1, 2, 1)
    for attrs, want in (
        (ResizeAttrs((1, 4)), [0, 5, 10, 10]),
        (ResizeAttrs((1, 4), align_corners=True), [0, 10 / 3, 20 / 3, 10]),
        (ResizeAttrs((1, 4), half_pixel_centers=True), [0, 2.5, 7.5, 10]),
    ):
        got = compute(bind("resize_bilinear", [f32(1, 1, 2, 1)], attrs), x)
        np.testing.assert_allclose(got.ravel(), want, rtol=1e-6)
    with pytest.raises(UnsupportedError, match="not both"):
        bind("resize_bilinear", [f32(1, 1, 2, 1)], ResizeAttrs((1, 4), True, True))
    with pytest.raises(GraphError, match="the input must be NHWC, the size positive"):
        infer("resize_nearest_neighbor", ResizeAttrs((0, 1)), (1, 2, 2, 1))


def test_mirrors_begin_beside_or_with_the_outermost_element() -> None:
    x = np.array([[1, 2, 3]], np.float32)
    for mode, want in ((MirrorMode.REFLECT, [3, 2, 1, 2, 3, 2]), (MirrorMode.SYMMETRIC, [2, 1, 1, 2, 3, 3])):
        bound = bind("mirror_pad", [f32(1, 3)], MirrorPadAttrs(((0, 0), (2, 1)), mode))
        np.testing.assert_array_equal(compute(bound, x), [want])
    with pytest.raises(GraphError, match="no more than there is to mirror"):
        infer("mirror_pad", MirrorPadAttrs(((0, 0), (3, 0))), (1, 3))
