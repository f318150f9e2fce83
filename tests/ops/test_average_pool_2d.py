import numpy as np

from edgeml.ops.pooling import PoolAttrs
from tests.ops.support import Q, bind, compute, f32, infer, s8


def test_shape() -> None:
    assert infer("average_pool_2d", PoolAttrs((2, 2), (2, 2), (0, 1, 0, 1)), (1, 5, 5, 2)) == (1, 3, 3, 2)


def test_padding_does_not_count() -> None:
    bound = bind("average_pool_2d", [f32(1, 1, 1, 1)], PoolAttrs((3, 3), (1, 1), (1, 1, 1, 1)))
    assert compute(bound, np.full((1, 1, 1, 1), 7, np.float32)).item() == 7


def test_halves_round_away_from_zero() -> None:
    bound = bind("average_pool_2d", [s8(1, 1, 2, 2)], PoolAttrs((1, 2), (1, 2)), Q)
    x = np.array([[1, -1], [2, -2]], np.int8).reshape(1, 1, 2, 2)
    np.testing.assert_array_equal(compute(bound, x).ravel(), [2, -2])
