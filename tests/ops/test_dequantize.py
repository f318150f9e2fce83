import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from tests.ops.support import bind, compute, f32, s8


def test_real_is_scale_times_steps() -> None:
    y = compute(bind("dequantize", [s8(1, 3)]), np.array([[-128, 3, 127]], np.int8))
    np.testing.assert_array_equal(y, np.array([[-65.5, 0, 62]], np.float32))


def test_input_must_be_int8() -> None:
    with pytest.raises(UnsupportedError, match="the input must be int8 or int16 and the output float32"):
        bind("dequantize", [f32(1, 3)])
