import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from tests.ops.support import bind, compute, f32, infer

KEEP = FullyConnectedAttrs(keep_num_dims=True)


def test_input_is_flattened_to_rows() -> None:
    assert infer("fully_connected", FullyConnectedAttrs(), (1, 2, 3, 4), (5, 24)) == (1, 5)
    assert infer("fully_connected", FullyConnectedAttrs(), (1, 2, 12), (5, 12)) == (2, 5)


def test_keep_num_dims_replaces_the_last_dimension() -> None:
    assert infer("fully_connected", KEEP, (1, 2, 12), (5, 12)) == (1, 2, 5)


def test_sizes_must_match() -> None:
    with pytest.raises(GraphError, match="I must divide the input's elements"):
        infer("fully_connected", FullyConnectedAttrs(), (1, 10), (5, 4))
    with pytest.raises(GraphError, match="with keep_num_dims the input's last dimension"):
        infer("fully_connected", KEEP, (1, 4, 6), (5, 12))


def test_many_samples_at_once() -> None:
    w = np.arange(6, dtype=np.float32).reshape(2, 3)
    bound = bind("fully_connected", [f32(1, 3), w], FullyConnectedAttrs())
    x = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(compute(bound, x), w.T)
    assert OPS["fully_connected"].batchable(bound)
    assert OPS["fully_connected"].macs(bound) == 6


def test_rows_inside_a_sample_are_no_batch() -> None:
    bound = bind("fully_connected", [f32(1, 4, 3), np.ones((2, 3), np.float32)], FullyConnectedAttrs())
    assert not OPS["fully_connected"].batchable(bound)
