"""quantize: float32 to codes, int8 or int16, or codes to codes of another scale, zero point or type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, Numerics, TensorType
from edgeml.ops.base import EXACT, QUANTIZED, REALS, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import HIGH, LOW
from edgeml.ops.lut import VALUES, look_up, lut_call, saturate
from edgeml.ops.onnx_fixed_point import INT16, INT64, cast, multiplied, plus, saturated
from edgeml.ops.requantize import multiplier, requantize


def quantized_output(bound: BoundNode) -> bool:
    """the output must be int8 or int16"""
    return bound.output.dtype in QUANTIZED


def ratio_fits(bound: BoundNode) -> bool:
    """from or to int16, the input's code range must be below 2^31 output steps"""
    if not _requantizes_s16(bound) or bound.input(0).quantization is None:
        return True
    ratio = np.float32(bound.input(0).type.scale) / np.float32(bound.output.type.scale)
    return bool(ratio < 2.0**15)


def moderate_ratio(bound: BoundNode) -> bool:
    """from int8 to int8, the input scale must be between 1/256 and 128 times the output scale"""
    if bound.input(0).dtype is not DType.INT8 or _requantizes_s16(bound) or bound.input(0).quantization is None:
        return True
    ratio = np.float32(bound.input(0).type.scale) / np.float32(bound.output.type.scale)
    return bool(2.0**-8 <= ratio < 2.0**7)


class Quantize(Operator[Attributes]):
    """x of any shape, float32, int8 or int16 -> the same shape, int8 or int16.

    float32: `clamp(rint(x * (1 / scale)) + zero_point)`, round half to even.
    int8: see `requantize_table`. tflm: `clamp(round(x / scale) + zero_point)`, half away from zero, and for int8 THE
    requantisation rule. From or to int16: gemmlowp's multiplication.
    LiteRT rounds float32 to int16 as it does to int8 in blocks of 8 elements; the rest of a tensor, fewer than 8, half
    away from zero: a step beside this rule, where a value lies in the middle between two.
    """

    name = "quantize"
    litert = LiteRT("QUANTIZE", "QuantizeOptions", version=1, version_int8=1, version_int16=2)
    onnx = "QuantizeLinear"
    tflm = EXACT
    kernels = (
        "quantize_f32_s8",
        "quantize_half_away_f32_s8",
        "lut_s8",
        "quantize_f32_s16",
        "requantize_s8_s16",
        "requantize_s16_s8",
        "requantize_s16",
    )
    onnx_bound = 1
    onnx_bound_reason = (
        "divides by the scale; LiteRT multiplies float32 by its reciprocal, and int8 by a factor of 8 fractional bits"
    )
    constraints = (quantized_output, moderate_ratio, ratio_fits)
    dtypes = REALS
    output_dtypes = QUANTIZED
    litert_bound_s16 = 1

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        # the output's own type decides between int8 and int16
        return (TensorType(x.shape, DType.INT8),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if _requantizes_s16(bound):
            return (requantize_s16(bound, x),)
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

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if x.dtype == np.int16:
            return (requantize_s16(bound, x),)
        real = np.clip(x * inverse_scale(bound), np.float32(LOW), np.float32(HIGH))
        return (np.rint(real).astype(np.int16),)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        # the writer puts QuantizeLinear on the int8 output
        onnx.output(bound, onnx.node("Identity", [onnx.input(bound, 0)]))

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        if bound.input(0).dtype is not DType.FLOAT32:
            requantize_onnx(bound, onnx)
            return
        # QuantizeLinear divides by the scale, which rounds otherwise
        inverse = onnx.initializer("inverse_scale", np.asarray(inverse_scale(bound)))
        steps = onnx.node("Mul", [onnx.input(bound, 0), inverse])
        limits = [onnx.initializer("bound", np.asarray(v, np.float32)) for v in (LOW, HIGH)]
        whole = onnx.node("Round", [onnx.node("Clip", [steps, *limits])])
        onnx.output_codes(bound, cast(onnx, whole, INT16))

    def kernel(self, bound: BoundNode) -> KernelCall:
        if _requantizes_s16(bound):
            return requantize_s16_call(bound)
        if bound.output.dtype is DType.INT16:
            params = {"size": bound.output.type.elements, "inverse_scale": float(inverse_scale(bound))}
            return KernelCall("quantize_f32_s16", params, (Operand(0), Result()))
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


def _requantizes_s16(bound: BoundNode) -> bool:
    """Whether codes become codes, and either are int16."""
    types = (bound.input(0).dtype, bound.output.dtype)
    return DType.INT16 in types and DType.FLOAT32 not in types


def requantize_s16(bound: BoundNode, x: Array) -> Array:
    """Codes to codes where either are int16."""
    out, limits = bound.output.type, np.iinfo(bound.output.dtype.numpy)
    steps = multiply_by_quantized_multiplier(x.astype(np.int64) - bound.input(0).type.zero_point, _factor(bound))
    return np.asarray(np.clip(steps + out.zero_point, limits.min, limits.max), out.dtype.numpy)


def requantize_onnx(bound: BoundNode, onnx: OnnxEmitter) -> None:
    """The same in ONNX's operators."""
    out, limits = bound.output.type, np.iinfo(bound.output.dtype.numpy)
    x = plus(onnx, cast(onnx, onnx.codes(bound, 0), INT64), -bound.input(0).type.zero_point)
    steps = plus(onnx, multiplied(onnx, x, _factor(bound), -LOW), out.zero_point)
    onnx.output_codes(bound, saturated(onnx, steps, int(limits.min), int(limits.max), out.dtype))


def requantize_s16_call(bound: BoundNode) -> KernelCall:
    """The same as a C call."""
    multiplier, shift = _factor(bound).tolist()
    params = {
        "size": bound.output.type.elements,
        "input_zero_point": bound.input(0).type.zero_point,
        "output_zero_point": bound.output.type.zero_point,
        "multiplier": multiplier,
        "shift": shift,
    }
    name = {(1, 2): "requantize_s8_s16", (2, 1): "requantize_s16_s8", (2, 2): "requantize_s16"}
    kernel = name[bound.input(0).dtype.size, bound.output.dtype.size]
    return KernelCall(kernel, params, (Operand(0), Result()))


def _factor(bound: BoundNode) -> Array:
    return quantize_multiplier(float(np.float64(bound.input(0).type.scale) / np.float64(bound.output.type.scale)))


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
