import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ops import OPS
from edgeml.ops.common import same_padding_2d
from edgeml.ops.conv_2d import Conv2DAttrs
from tests.ops.support import bind, compute, f32, infer


def test_shape_follows_stride_padding_and_dilation() -> None:
    assert infer("conv_2d", Conv2DAttrs(), (1, 8, 9, 3), (5, 3, 3, 3)) == (1, 6, 7, 5)
    same = same_padding_2d((1, 8, 9, 3), (3, 3), (2, 2))
    assert infer("conv_2d", Conv2DAttrs((2, 2), same), (1, 8, 9, 3), (5, 3, 3, 3)) == (1, 4, 5, 5)
    assert infer("conv_2d", Conv2DAttrs(dilation=(2, 3)), (1, 8, 9, 3), (5, 3, 3, 3)) == (1, 4, 3, 5)


def test_odd_same_padding_goes_below_and_right() -> None:
    assert same_padding_2d((1, 4, 4, 1), (2, 3), (1, 1)) == (0, 1, 1, 1)


def test_channels_must_match() -> None:
    with pytest.raises(GraphError, match=r"channels must equal the weights' last dimension.*\(1, 8, 8, 3\)"):
        infer("conv_2d", Conv2DAttrs(), (1, 8, 8, 3), (5, 3, 3, 4))


def test_window_must_fit() -> None:
    with pytest.raises(GraphError, match="window does not fit"):
        infer("conv_2d", Conv2DAttrs(), (1, 2, 2, 3), (5, 3, 3, 3))


def test_weights_must_be_constant() -> None:
    with pytest.raises(UnsupportedError, match="conv_2d 'y': the weights must be constant"):
        bind("conv_2d", [f32(1, 4, 4, 2), f32(3, 1, 1, 2)], Conv2DAttrs())


def test_int8_weights_beside_float_input_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="weights must have the element type of the input"):
        bind("conv_2d", [f32(1, 4, 4, 2), np.ones((3, 1, 1, 2), np.int8)], Conv2DAttrs())


def test_one_by_one_is_a_matrix_product_and_counts_its_macs() -> None:
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 1, 1, 2)).astype(np.float32)
    bound = bind("conv_2d", [f32(1, 4, 4, 2), w], Conv2DAttrs())
    x = rng.normal(size=(5, 4, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(compute(bound, x), x @ w[:, 0, 0].T, rtol=1e-5)
    assert OPS["conv_2d"].macs(bound) == 4 * 4 * 3 * 2
