import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops.pooling import PoolAttrs
from tests.ops.support import Q, bind, compute, infer, s8


def test_shape() -> None:
    assert infer("max_pool_2d", PoolAttrs((3, 2), (2, 1)), (1, 7, 5, 4)) == (1, 3, 4, 4)


def test_input_must_have_rank_4() -> None:
    with pytest.raises(GraphError, match="max_pool_2d: the input must have rank 4"):
        infer("max_pool_2d", PoolAttrs(), (1, 8, 8))


def test_window_must_fit() -> None:
    with pytest.raises(GraphError, match="window does not fit"):
        infer("max_pool_2d", PoolAttrs((3, 3)), (1, 2, 2, 1))


def test_padding_must_be_smaller_than_the_window() -> None:
    with pytest.raises(UnsupportedError, match="padding must be smaller than the window"):
        bind("max_pool_2d", [s8(1, 4, 4, 1)], PoolAttrs((2, 2), (2, 2), (2, 2, 0, 0)), Q)


def test_padding_never_wins() -> None:
    bound = bind("max_pool_2d", [s8(1, 1, 1, 1)], PoolAttrs((3, 3), (1, 1), (1, 1, 1, 1)), Q)
    assert compute(bound, np.full((1, 1, 1, 1), -128, np.int8)).item() == -128


def test_output_must_share_the_quantisation() -> None:
    with pytest.raises(UnsupportedError, match=r"'y' must have that of 'x0': scale 0.5, zero point 3. Got 0.25, 3"):
        bind("max_pool_2d", [s8(1, 4, 4, 1)], PoolAttrs(), Quantization.per_tensor(0.25, 3))
