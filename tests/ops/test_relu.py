import numpy as np

from edgeml.ir import Quantization
from edgeml.ops import OPS
from tests.ops.support import Q, bind, compute, f32, s8


def test_negative_values_become_zero() -> None:
    x = np.array([[-1.5, 0, 2]], np.float32)
    np.testing.assert_array_equal(compute(bind("relu", [f32(1, 3)]), x), [[0, 0, 2]])


def test_int8_zero_is_the_zero_point_and_scales_may_differ() -> None:
    bound = bind("relu", [s8(1, 3)], output=Quantization.per_tensor(0.25, -128))
    np.testing.assert_array_equal(compute(bound, np.array([[-5, 3, 13]], np.int8)), [[-128, -128, -108]])


def test_kernels() -> None:
    assert OPS["relu"].kernel(bind("relu", [s8(1, 3)], output=Q)).kernel == "lut_s8"
    assert OPS["relu"].kernel(bind("relu", [f32(1, 3)])).params["activation_min"] == 0.0
