import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.ops import OPS
from edgeml.ops.pad import PadAttrs
from tests.ops.support import Q, bind, compute, infer, s8


def test_shape_grows() -> None:
    assert infer("pad", PadAttrs(((0, 0), (1, 2), (0, 3))), (1, 4, 5)) == (1, 7, 8)


@pytest.mark.parametrize("paddings", [((0, 0),), ((0, 0), (-1, 0))])
def test_every_dimension_needs_a_pair(paddings: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(GraphError, match=r"pad: needs \(before, after\) >= 0 for each of 2 dimensions"):
        infer("pad", PadAttrs(paddings), (1, 4))


def test_int8_is_filled_with_the_zero_point() -> None:
    bound = bind("pad", [s8(1, 1)], PadAttrs(((0, 0), (1, 1))), Q)
    np.testing.assert_array_equal(compute(bound, np.array([[9]], np.int8)), [[3, 9, 3]])
    assert OPS["pad"].kernel(bound).params["value"] == 3
