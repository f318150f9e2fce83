"""softmax: exponentials of the last dimension, normalised to sum 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, Numerics, TensorType
from edgeml.ops.base import (
    EXACT,
    REALS,
    KernelCall,
    LiteRT,
    OnnxEmitter,
    Operand,
    Operator,
    Result,
    Table,
    is_int8,
    is_int16,
)
from edgeml.ops.fixed_functions import exp_on_negative_values, one_over_one_plus
from edgeml.ops.fixed_point import (
    divide_by_power_of_two,
    doubling_high_multiply,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from edgeml.ops.lut import saturate
from edgeml.ops.softmax_s16 import difference_factor, softmax_s16, softmax_s16_call, softmax_s16_onnx


@dataclass(frozen=True)
class SoftmaxAttrs(Attributes):
    """`beta` multiplies the input."""

    beta: float = 1.0


def beta_positive(bound: BoundNode) -> bool:
    """beta must be positive and finite"""
    return bool(0 < np.float32(bound.node.attrs.beta) < np.inf)  # type: ignore[attr-defined]


def rank_at_least_1(bound: BoundNode) -> bool:
    """the input must have at least one dimension"""
    return len(bound.input(0).shape) >= 1


# tflm: the sum of exponentials has 12 integer bits, the scaled input 5
_SUM_BITS, _INPUT_BITS = 12, 5


def depth_below_4096(bound: BoundNode) -> bool:
    """under tflm numerics, the last dimension must be below 4096"""
    return bound.numerics is not Numerics.TFLM or not is_int8(bound) or bound.input(0).shape[-1] < 1 << _SUM_BITS


class Softmax(Operator[SoftmaxAttrs]):
    """x (…, depth) -> the same shape.

    int8: `table[i] = exp(scale * beta * (i - 255))` in float32, looked up at `255 - max + x`, summed in order,
    `round(table[...] * (1 / (sum * output_scale)))`, half up, plus the zero point, saturated. Under tflm numerics the
    exponentials, their sum and its reciprocal are fixed-point numbers: `softmax_fixed`.
    """

    name = "softmax"
    attrs_type = SoftmaxAttrs
    litert = LiteRT("SOFTMAX", "SoftmaxOptions", {"beta": "beta"})
    onnx = "Softmax"
    tflm = EXACT
    kernels = ("softmax_s8", "softmax_fixed_s8", "softmax_s16", "softmax_f32")
    dtypes = REALS
    # LiteRT's tables are coarse, ONNX Runtime computes in float32
    onnx_bound_qdq_s16 = 256
    fixed_output_s16 = 1.0 / 32768.0
    fixed_output = (1.0 / 256.0, -128)
    constraints = (rank_at_least_1, depth_below_4096, beta_positive)

    def infer(self, attrs: SoftmaxAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        e = np.exp((x - x.max(axis=-1, keepdims=True)) * np.float32(self.attrs(bound).beta))
        return ((e / e.sum(axis=-1, keepdims=True, dtype=np.float32)).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if bound.numerics is Numerics.TFLM:
            return (softmax_fixed(fixed_exp_table(bound), x),)
        out = bound.output.type
        wide = x.astype(np.int32)
        exps = exp_table(bound)[255 - wide.max(axis=-1, keepdims=True) + wide]
        # cumsum adds one after the other, as the device does; sum() would add in pairs
        total = np.cumsum(exps, axis=-1, dtype=np.float32)[..., -1:]
        inverse = np.float32(1) / (total * np.float32(out.scale))
        real = exps * inverse
        # half up, without the error of floor(real + 0.5) just below one half
        steps = np.floor(real)
        steps = steps + (real - steps >= np.float32(0.5))
        return (saturate(steps + out.zero_point),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (softmax_s16(inputs[0], difference_factor(bound)),)

    def batchable(self, bound: BoundNode) -> bool:
        return len(bound.input(0).shape) > 1 and super().batchable(bound)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        rank, beta = len(bound.input(0).shape), self.attrs(bound).beta
        value = onnx.input(bound, 0)
        if beta != 1.0:
            value = onnx.node("Mul", [value, onnx.initializer("beta", np.asarray(beta, np.float32))])
        onnx.output(bound, onnx.node("Softmax", [value], axis=onnx.axis(rank, rank - 1)))

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        softmax_s16_onnx(bound, onnx)

    def kernel(self, bound: BoundNode) -> KernelCall:
        depth = bound.input(0).shape[-1]
        rows = bound.input(0).type.elements // depth
        if is_int16(bound):
            return softmax_s16_call(bound, rows)
        if not is_int8(bound):
            params_f32 = {"rows": rows, "depth": depth, "beta": float(np.float32(self.attrs(bound).beta))}
            return KernelCall("softmax_f32", params_f32, (Operand(0), Result()))
        if bound.numerics is Numerics.TFLM:
            table = Table("table", fixed_exp_table(bound))
            return KernelCall("softmax_fixed_s8", {"rows": rows, "depth": depth}, (Operand(0), table, Result()))
        out = bound.output.type
        params = {"rows": rows, "depth": depth, "output_zero_point": out.zero_point, "output_scale": out.scale}
        return KernelCall("softmax_s8", params, (Operand(0), Table("table", exp_table(bound)), Result()))


def exp_table(bound: BoundNode) -> Array:
    """float32 (256,): entry 255 - d is the exponential for a value d steps below the maximum."""
    beta = np.float32(bound.node.attrs.beta)  # type: ignore[attr-defined]
    scale = -np.float32(bound.input(0).type.scale) * beta
    steps = np.arange(255, -1, -1, dtype=np.float32)
    # a product that overflows is an exponential of 0
    with np.errstate(over="ignore"):
        return np.exp((scale * steps).astype(np.float64)).astype(np.float32)


def fixed_exp_table(bound: BoundNode) -> Array:
    """int32 (256,): entry 255 - d is the exponential, times 2**31, for a value d steps below the maximum; 0 far below.

    TensorFlow Lite's `PreprocessSoftmaxScaling` and `CalculateInputRadius` say what far is.
    """
    beta = float(np.float32(bound.node.attrs.beta))  # type: ignore[attr-defined]
    scale = min(beta * bound.input(0).type.scale * 2.0 ** (31 - _INPUT_BITS), 2.0**31 - 1)
    factor = quantize_multiplier(scale)
    radius = np.floor(((1 << _INPUT_BITS) - 1) * 2.0 ** (31 - _INPUT_BITS - int(factor[1])))
    steps = -np.arange(255, -1, -1, dtype=np.int64)
    near = steps >= -radius
    scaled = multiply_by_quantized_multiplier(np.where(near, steps, 0), factor)
    return np.where(near, exp_on_negative_values(scaled, _INPUT_BITS), 0).astype(np.int32)


def softmax_fixed(table: Array, x: Array) -> Array:
    """int8 softmax of the last dimension from fixed-point exponentials; the output has scale 1/256, zero point -128."""
    wide = x.astype(np.int32)
    exps = table[255 - wide.max(axis=-1, keepdims=True) + wide].astype(np.int64)
    total = divide_by_power_of_two(exps, _SUM_BITS).sum(axis=-1, keepdims=True)
    # total = (1 + fraction) * 2**bits with the point before its last 19 bits
    length = np.floor(np.log2(total)).astype(np.int64)
    fraction = (total << (31 - length)) - (1 << 31)
    shares = doubling_high_multiply(one_over_one_plus(fraction), exps)
    return saturate(divide_by_power_of_two(shares, length - (31 - _SUM_BITS) + 23) - 128)
