"""Fused activation bounds, fixed-point multiplication, requantisation."""

import numpy as np
import pytest

from edgeml.ir import DType, Quantization, TensorType
from edgeml.ops import OPS, Unsupported
from edgeml.ops.common import Activation, activation_range_s8, builtin_activation_range_s8
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.requantize import requantize


def _type(scale: float, zero_point: int) -> TensorType:
    return TensorType((1,), DType.INT8, Quantization.per_tensor(scale, zero_point))


def test_bounds_of_the_delegate_round_with_the_zero_point() -> None:
    # 6 / 4 = 1.5 steps
    assert activation_range_s8(Activation.RELU6, _type(4.0, 0)) == (0, 2)
    assert activation_range_s8(Activation.RELU6, _type(4.0, -127)) == (-127, -126)
    assert activation_range_s8(Activation.RELU_N1_TO_1, _type(2.0, 0)) == (0, 0)
    assert activation_range_s8(Activation.NONE, _type(2.0, 5)) == (-128, 127)


def test_bounds_of_built_in_kernels_round_away_from_zero() -> None:
    assert builtin_activation_range_s8(Activation.RELU6, _type(4.0, -127)) == (-127, -125)
    assert builtin_activation_range_s8(Activation.RELU_N1_TO_1, _type(2.0, 0)) == (-1, 1)


@pytest.mark.parametrize("real", [1e-6, 0.3, 0.5, 1.0, 1.5, 700.0])
def test_quantized_multiplier_stands_for_the_real_one(real: float) -> None:
    multiplier, shift = quantize_multiplier(real).tolist()
    assert 2**30 <= multiplier < 2**31
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(real, rel=1e-9)


def test_fixed_point_rounds_twice() -> None:
    # without a shift only the first rounding acts, half up; the second one goes away from zero
    x = np.array([-3, -1, 1, 3])
    np.testing.assert_array_equal(multiply_by_quantized_multiplier(x, quantize_multiplier(0.5)), [-1, 0, 1, 2])
    np.testing.assert_array_equal(multiply_by_quantized_multiplier(2 * x, quantize_multiplier(0.25)), [-2, -1, 1, 2])


def test_requantize_rounds_halves_to_even_before_the_zero_point() -> None:
    acc = np.array([1, 3, -1, 2**30, -(2**30)], np.int32)
    np.testing.assert_array_equal(requantize(acc, np.float32(0.5), 3), [3, 5, 3, 127, -128])


@pytest.mark.parametrize("op", list(OPS))
def test_every_operator_is_whole(op: str) -> None:
    operator = OPS[op]
    assert operator.name == op
    assert operator.kernels
    assert all(rule.__doc__ for rule in operator.constraints)
    for spelling in (operator.litert, operator.onnx):
        assert not isinstance(spelling, Unsupported) or spelling.reason
