import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Quantization
from tests.ops.support import Q, bind, compute, f32, s8


def test_output_quantisation_is_fixed() -> None:
    with pytest.raises(UnsupportedError, match=r"zero point -128. Got 0.5, 3"):
        bind("logistic", [s8(1, 4)], output=Q)


def test_large_values_do_not_overflow() -> None:
    with np.errstate(all="raise"):
        y = compute(bind("logistic", [f32(1, 3)]), np.array([[-80, 0, 80]], np.float32))
    np.testing.assert_allclose(y, [[1.8e-35, 0.5, 1]], rtol=0.01)


def test_int8_middle_is_one_half() -> None:
    bound = bind("logistic", [s8(1, 3)], output=Quantization.per_tensor(1 / 256, -128))
    np.testing.assert_array_equal(compute(bound, np.array([[-128, 3, 127]], np.int8)), [[-128, 0, 127]])
