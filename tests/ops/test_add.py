import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from tests.ops.support import Q, bind, compute, f32, infer, s8


def test_shapes_broadcast() -> None:
    assert infer("add", BinaryAttrs(), (1, 4, 1, 3), (5, 1)) == (1, 4, 5, 3)


def test_shapes_must_broadcast() -> None:
    with pytest.raises(GraphError, match=r"add: operands must broadcast together. Got \(1, 4\) and \(1, 3\)"):
        infer("add", BinaryAttrs(), (1, 4), (1, 3))


def test_operands_must_have_one_type() -> None:
    with pytest.raises(UnsupportedError, match="both operands must have the element type of the output"):
        bind("add", [s8(1, 4), f32(1, 4)], BinaryAttrs(), Q)


def test_scales_must_be_comparable() -> None:
    with pytest.raises(UnsupportedError, match="must be between 1/1024 and 256 times the output scale"):
        bind("add", [s8(1, 4), s8(1, 4)], BinaryAttrs(), Quantization.per_tensor(1e-3, 0))


def test_any_rank_whose_broadcasts_merge_into_four_dimensions() -> None:
    bind("add", [f32(2, 3, 4, 5, 6, 7), f32(5, 6, 7)], BinaryAttrs())
    with pytest.raises(UnsupportedError, match="three times at most"):
        bind("add", [f32(1, 2, 1, 3, 1, 4), f32(5, 1, 6, 1, 7, 1)], BinaryAttrs())


def test_halves_round_up() -> None:
    zero = Quantization.per_tensor(1.0, 0)
    bound = bind("add", [s8(1, 3, q=zero), s8(1, 1, q=zero)], BinaryAttrs(), Quantization.per_tensor(2.0, 0))
    y = compute(bound, np.array([[1, -1, -3]], np.int8), np.zeros((1, 1), np.int8))
    np.testing.assert_array_equal(y, [[1, 0, -1]])


def test_kernel_strides_are_zero_where_broadcast() -> None:
    params = OPS["add"].kernel(bind("add", [f32(1, 4, 5, 3), f32(5, 1)], BinaryAttrs())).params
    assert params["shape"] == (1, 4, 5, 3)
    assert params["stride_a"] == (0, 15, 3, 1)
    assert params["stride_b"] == (0, 0, 1, 0)


def test_batch_needs_aligned_ranks() -> None:
    assert not OPS["add"].batchable(bind("add", [f32(1, 4), f32(1)], BinaryAttrs()))
    assert OPS["add"].batchable(bind("add", [f32(1, 4), np.ones(4, np.float32)], BinaryAttrs()))
