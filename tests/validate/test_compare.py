import numpy as np
import pytest

from edgeml.ir import DType, Quantization, TensorType
from edgeml.validate.compare import compare

CODES = TensorType((1, 4), DType.INT8, Quantization.per_tensor(0.5, 2))
REALS = TensorType((1, 4), DType.FLOAT32)


def test_codes_count_elements_samples_and_reals():
    a = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 0]], np.int8)
    b = a.copy()
    b[1, 0], b[1, 3] = 6, 5
    found = compare([a], [b], [CODES])
    assert (found.samples, found.elements, found.mismatched) == (3, 12, 2)
    assert list(found.differing) == list(found.beyond) == [1]
    assert (found.max_codes, found.max_real) == (3.0, 1.5)
    real_a, real_b = (0.5 * (v.astype(float) - 2).ravel() for v in (a, b))
    assert found.cosine == pytest.approx(real_a @ real_b / np.linalg.norm(real_a) / np.linalg.norm(real_b))


def test_extreme_codes_do_not_wrap():
    a, b = np.full((1, 4), -128, np.int8), np.full((1, 4), 127, np.int8)
    assert compare([a], [b], [CODES]).max_codes == 255


def test_samples_that_only_one_side_ran_are_left_out():
    a = np.zeros((5, 4), np.int8)
    found = compare([a], [a[:2]], [CODES])
    assert (found.samples, found.identical, found.cosine) == (2, True, 1.0)


def test_float_outputs_may_differ_by_the_order_of_sums_only():
    a = np.array([[1, 2, 3, 100], [1, 2, 3, 4]], np.float32)
    b = a + np.array([[0.005, 0, 0, 0], [0, 0.02, 0, 0]], np.float32)
    found = compare([a], [b], [REALS])
    assert list(found.differing) == [0, 1]
    assert list(found.beyond) == [1]
    assert found.max_codes == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_equal_themselves_and_nothing_else(value):
    a = np.full((1, 4), value, np.float32)
    assert compare([a], [a], [REALS]).identical
    found = compare([a], [np.zeros((1, 4), np.float32)], [REALS])
    assert len(found.beyond) == 1 and found.max_real == np.inf
