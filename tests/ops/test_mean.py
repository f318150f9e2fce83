import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.reduction import loops
from tests.ops.support import Q, bind, compute, f32, infer, s8


def test_shape_drops_or_keeps_the_axes() -> None:
    assert infer("mean", MeanAttrs((1, 2)), (1, 4, 5, 6)) == (1, 6)
    assert infer("mean", MeanAttrs((1, 2), True), (1, 4, 5, 6)) == (1, 1, 1, 6)


@pytest.mark.parametrize("axes", [(), (4,), (2, 1), (1, 1), (-1,)])
def test_axes_must_be_ascending_and_in_range(axes: tuple[int, ...]) -> None:
    with pytest.raises(GraphError, match="axes must be ascending"):
        infer("mean", MeanAttrs(axes), (1, 4, 5, 6))


def test_neighbouring_dimensions_are_one_loop() -> None:
    assert loops((1, 4, 5, 6), (1, 2)) == {
        "shape": (1, 1, 6), "stride": (0, 0, 1), "reduce_shape": (1, 1, 20), "reduce_stride": (0, 0, 6),
    }  # fmt: skip
    assert loops((3, 4, 5, 6), (1, 3)) == {
        "shape": (1, 3, 5), "stride": (0, 120, 6), "reduce_shape": (1, 4, 6), "reduce_stride": (0, 30, 1),
    }  # fmt: skip


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
