import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from edgeml.ops.mean import MeanAttrs, merged
from tests.ops.support import Q, bind, compute, f32, infer, s8


def test_shape_drops_or_keeps_the_axes() -> None:
    assert infer("mean", MeanAttrs((1, 2)), (1, 4, 5, 6)) == (1, 6)
    assert infer("mean", MeanAttrs((1, 2), True), (1, 4, 5, 6)) == (1, 1, 1, 6)


@pytest.mark.parametrize("axes", [(), (4,), (2, 1), (1, 1), (-1,)])
def test_axes_must_be_ascending_and_in_range(axes: tuple[int, ...]) -> None:
    with pytest.raises(GraphError, match="axes must be ascending"):
        infer("mean", MeanAttrs(axes), (1, 4, 5, 6))


def test_axes_must_be_adjacent() -> None:
    with pytest.raises(UnsupportedError, match="the reduced axes must be next to each other"):
        bind("mean", [f32(1, 4, 5, 6)], MeanAttrs((1, 3)))
    bind("mean", [f32(1, 4, 1, 6)], MeanAttrs((1, 3)))


def test_block_is_merged() -> None:
    assert merged((1, 4, 5, 6), (1, 2)) == (1, 20, 6)
    assert merged((3, 4, 1, 6), (1, 3)) == (3, 24, 1)
    assert merged((1, 1, 7), (0,)) == (1, 1, 7)


def test_first_axis_is_no_batch() -> None:
    assert not OPS["mean"].batchable(bind("mean", [f32(1, 4)], MeanAttrs((0,), True)))
    assert OPS["mean"].batchable(bind("mean", [f32(1, 4, 4)], MeanAttrs((1,))))


def test_zero_point_decides_ties() -> None:
    """(0 + 1) / 2 steps are half to even after the zero point was added."""
    x = np.array([[0, 1]], np.int8)
    for zero_point, want in ((0, 0), (1, 2), (2, 2)):
        out = Quantization.per_tensor(0.5, zero_point)
        bound = bind("mean", [s8(1, 2, q=Quantization.per_tensor(0.5, 0))], MeanAttrs((1,), True), out)
        assert compute(bound, x).item() == want


def test_same_quantisation_keeps_a_constant() -> None:
    bound = bind("mean", [s8(1, 7, 7, 3)], MeanAttrs(), Q)
    for value in range(-128, 128):
        assert set(compute(bound, np.full((1, 7, 7, 3), value, np.int8)).ravel()) == {value}
