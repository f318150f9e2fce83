import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from tests.ops.support import Q, bind, compute, f32, s8


def test_halves_round_to_even_and_ends_saturate() -> None:
    bound = bind("quantize", [f32(1, 5)], output=Q)
    x = np.array([[0.25, 0.75, -0.25, 1e9, -np.inf]], np.float32)
    np.testing.assert_array_equal(compute(bound, x), [[3, 5, 3, 127, -128]])


def test_int8_is_requantised_by_a_table() -> None:
    bound = bind("quantize", [s8(1, 3)], output=Quantization.per_tensor(1.0, 0))
    np.testing.assert_array_equal(compute(bound, np.array([[3, 4, 13]], np.int8)), [[0, 1, 5]])
    assert OPS["quantize"].kernel(bound).kernel == "lut_s8"


def test_scales_must_be_comparable() -> None:
    with pytest.raises(UnsupportedError, match="between 1/256 and 128 times the output scale"):
        bind("quantize", [s8(1, 3)], output=Quantization.per_tensor(1000.0, 0))
