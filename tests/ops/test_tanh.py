import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Quantization
from tests.ops.support import Q, bind, compute, s8

OUT = Quantization.per_tensor(1 / 128, 0)


def test_output_quantisation_is_fixed() -> None:
    with pytest.raises(UnsupportedError, match=r"tanh 'y': 'y' must have LiteRT's fixed one: scale 0.0078125, zero"):
        bind("tanh", [s8(1, 4)], output=Q)


def test_ends_saturate_and_the_middle_is_zero() -> None:
    bound = bind("tanh", [s8(1, 3)], output=OUT)
    np.testing.assert_array_equal(compute(bound, np.array([[-128, 3, 127]], np.int8)), [[-128, 0, 127]])
