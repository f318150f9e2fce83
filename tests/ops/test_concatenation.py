import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from tests.ops.support import Q, bind, compute, f32, infer, s8


def test_sizes_add_up() -> None:
    assert infer("concatenation", ConcatenationAttrs(1), (1, 2, 3), (1, 5, 3)) == (1, 7, 3)


def test_other_dimensions_must_be_equal() -> None:
    with pytest.raises(GraphError, match="shapes may differ in axis 1 only"):
        infer("concatenation", ConcatenationAttrs(1), (1, 2, 3), (1, 2, 4))


def test_inputs_of_one_element_type() -> None:
    with pytest.raises(UnsupportedError, match="all inputs must have the element type of the output"):
        bind("concatenation", [f32(1, 2), s8(1, 2)], ConcatenationAttrs(1))


def test_no_fused_activation() -> None:
    with pytest.raises(UnsupportedError, match="must have no fused activation"):
        bind("concatenation", [f32(1, 2)] * 2, ConcatenationAttrs(1, Activation.RELU))


def test_all_inputs_must_share_the_quantisation() -> None:
    with pytest.raises(UnsupportedError, match="'x1' must have that of 'x0'"):
        bind("concatenation", [s8(1, 2), s8(1, 2, q=Quantization.per_tensor(1, 0))], ConcatenationAttrs(1), Q)


def test_constants_are_repeated_over_samples() -> None:
    bound = bind("concatenation", [f32(1, 2), np.ones((1, 1), np.float32)], ConcatenationAttrs(1))
    y = compute(bound, np.zeros((3, 2), np.float32))
    np.testing.assert_array_equal(y, [[0, 0, 1]] * 3)
    assert OPS["concatenation"].batchable(bound)
