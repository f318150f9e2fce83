import numpy as np

from tests.ops.support import Q, bind, compute, f32, s8


def test_values_are_clamped_to_0_and_6() -> None:
    x = np.array([[-1.5, 4, 7]], np.float32)
    np.testing.assert_array_equal(compute(bind("relu6", [f32(1, 3)]), x), [[0, 4, 6]])


def test_int8_bounds_are_in_steps_of_the_output() -> None:
    bound = bind("relu6", [s8(1, 3)], output=Q)
    np.testing.assert_array_equal(compute(bound, np.array([[-50, 9, 100]], np.int8)), [[3, 9, 15]])
