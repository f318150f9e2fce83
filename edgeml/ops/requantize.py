"""THE requantisation rule: int32 accumulator to int8, under either numerics.

litert: `clamp(rint(float32(acc) * float32(scale)) + zero_point)`, round half to even, one float32 multiply: LiteRT's
default interpreter and ONNX Runtime. tflm: gemmlowp's fixed-point multiplication, which rounds twice: TensorFlow Lite
Micro and CMSIS-NN. `kernels/requantize.h` is the same function in C, also without an FPU.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, Numerics
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier


def multiplier(
    input_scale: Array | float,
    weight_scale: Array | float,
    output_scale: float,
    numerics: Numerics = Numerics.LITERT,
) -> Array:
    """The requantisation scale `input_scale * weight_scale / output_scale`, formed in that order; what kernels take.

    litert: float32 of the weights' shape, each step rounded to float32. tflm: int32 (…, 2), multiplier and shift of the
    value formed in float64.
    """
    if numerics is Numerics.TFLM:
        product64 = np.float64(input_scale) * np.asarray(weight_scale, np.float64)
        return quantize_multiplier(product64 / np.float64(output_scale))
    product = np.float32(input_scale) * np.asarray(weight_scale, np.float32)
    return np.asarray(product / np.float32(output_scale), np.float32)


def scale_param(scale: Array) -> float | tuple[int, int]:
    """One scale of `multiplier` as a field of a kernel's parameters."""
    return (int(scale[0]), int(scale[1])) if scale.dtype == np.int32 else float(scale)


def requantize(acc: Array, scale: Array, zero_point: int, low: int = -128, high: int = 127) -> Array:
    """int32 `acc` (…, C) with `scale` of `multiplier`, for each channel or one, to int8 within [low, high].

    The scale's type says the rule: float32 litert, int32 tflm.
    """
    # Clamping before the zero point is added keeps every conversion in range and changes no result.
    if scale.dtype == np.int32:
        steps = multiply_by_quantized_multiplier(acc, scale)
        return np.asarray(np.clip(steps, low - zero_point, high - zero_point) + zero_point, np.int8)
    real = acc.astype(np.float32) * scale
    real = np.clip(real, np.float32(low - zero_point), np.float32(high - zero_point))
    return np.asarray(np.rint(real).astype(np.int32) + zero_point).astype(np.int8)
