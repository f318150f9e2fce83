import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.ops import OPS
from edgeml.ops.reshape import ReshapeAttrs
from tests.ops.support import bind, compute, f32, infer


@pytest.mark.parametrize("shape", [(1, 5), (-1, 2), (0,)])
def test_elements_must_stay(shape: tuple[int, ...]) -> None:
    with pytest.raises(GraphError, match="must have the input's number of elements"):
        infer("reshape", ReshapeAttrs(shape), (1, 4))


def test_many_samples_keep_their_batch() -> None:
    bound = bind("reshape", [f32(1, 2, 3)], ReshapeAttrs((1, 6)))
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(compute(bound, x), x.reshape(2, 6))


def test_lost_batch_dimension_is_no_batch() -> None:
    assert not OPS["reshape"].batchable(bind("reshape", [f32(1, 6)], ReshapeAttrs((2, 3))))
