"""quantize: float32 to int8, or int8 to int8 with another scale and zero point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, Numerics, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.lut import VALUES, look_up, lut_call, saturate
from edgeml.ops.requantize import multiplier, requantize


def int8_output(bound: BoundNode) -> bool:
    """the output must be int8"""
    return bound.output.dtype is DType.INT8


def moderate_ratio(bound: BoundNode) -> bool:
    """from int8, the input scale must be between 1/256 and 128 times the output scale"""
    if bound.input(0).dtype is not DType.INT8 or bound.input(0).quantization is None:
        return True
    ratio = np.float32(bound.input(0).type.scale) / np.float32(bound.output.type.scale)
    return bool(2.0**-8 <= ratio < 2.0**7)


class Quantize(Operator[Attributes]):
    """x of any shape, float32 or int8 -> the same shape, int8.

    float32: `clamp(rint(x * (1 / scale)) + zero_point)`, round half to even.
    int8: see `requantize_table`. tflm: `clamp(round(x / scale) + zero_point)`, half away from zero, and for int8 THE
    requantisation rule.
    """

    name = "quantize"
    litert = LiteRT("QUANTIZE", "QuantizeOptions", version=1, version_int8=1)
    onnx = "QuantizeLinear"
    tflm = EXACT
    kernels = ("quantize_f32_s8", "quantize_half_away_f32_s8", "lut_s8")
    onnx_bound = 1
    onnx_bound_reason = (
        "divides by the scale; LiteRT multiplies float32 by its reciprocal, and int8 by a factor of 8 fractional bits"
    )
    constraints = (int8_output, moderate_ratio)

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, DType.INT8),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if x.dtype == np.int8:
            return (look_up(requantize_table(bound), x),)
        zero_point = bound.output.type.zero_point
        if bound.numerics is Numerics.TFLM:
            steps = np.clip(x / np.float32(bound.output.type.scale), -128 - zero_point, 127 - zero_point)
            whole = np.trunc(steps)
            away = whole + np.sign(steps) * (np.abs(steps - whole) >= 0.5)
            return ((away + zero_point).astype(np.int8),)
        real = np.clip(x * inverse_scale(bound), np.float32(-128 - zero_point), np.float32(127 - zero_point))
        return ((np.rint(real) + zero_point).astype(np.int8),)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        # the writer puts QuantizeLinear on the int8 output
        onnx.output(bound, onnx.node("Identity", [onnx.input(bound, 0)]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        if bound.input(0).dtype is DType.INT8:
            return lut_call(bound, requantize_table(bound))
        if bound.numerics is Numerics.TFLM:
            type_ = bound.output.type
            params = {"size": type_.elements, "zero_point": type_.zero_point, "scale": type_.scale}
            return KernelCall("quantize_half_away_f32_s8", params, (Operand(0), Result()))
        params = {
            "size": bound.output.type.elements,
            "zero_point": bound.output.type.zero_point,
            "inverse_scale": float(inverse_scale(bound)),
        }
        return KernelCall("quantize_f32_s8", params, (Operand(0), Result()))


def inverse_scale(bound: BoundNode) -> np.float32:
    """float32 reciprocal of the output scale."""
    return np.float32(np.float32(1) / np.float32(bound.output.type.scale))


def requantize_table(bound: BoundNode) -> Array:
    """int8 to int8 as a table: XNNPACK's rule (`xnn_init_qs8_cvt_params`), a multiplier with 8 fractional bits.

    Under tflm numerics THE requantisation rule.
    """
    x, y = bound.input(0).type, bound.output.type
    if bound.numerics is Numerics.TFLM:
        return requantize(VALUES - x.zero_point, multiplier(x.scale, 1.0, y.scale, bound.numerics), y.zero_point)
    factor = np.rint(np.float32(256) * (np.float32(x.scale) / np.float32(y.scale))).astype(np.int32)
    return saturate((((VALUES - x.zero_point) * factor + 128) >> 8) + y.zero_point)
