"""relu: max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, OnnxEmitter, Operand, ParamValue, Result
from edgeml.ops.common import Activation, builtin_activation_range_s8
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import LOW, saturate_s16
from edgeml.ops.lut import VALUES, builtin_ratio
from edgeml.ops.onnx_fixed_point import INT64, cast, constant, multiplied, saturated
from edgeml.ops.unary import Unary


def clamp_table(bound: BoundNode, activation: Activation) -> Array:
    """int8 table of a clamp whose input and output scales may differ.

    LiteRT's delegate leaves these operators to the built-in kernel, whose arithmetic is gemmlowp's, as TensorFlow Lite
    Micro's is.
    """
    x, y = bound.input(0).type, bound.output.type
    low, high = builtin_activation_range_s8(activation, y)
    steps = multiply_by_quantized_multiplier(VALUES - x.zero_point, quantize_multiplier(builtin_ratio(bound)))
    return np.asarray(np.clip(steps + y.zero_point, low, high), np.int8)


def clamp_s16(bound: BoundNode, x: Array, activation: Activation) -> Array:
    """The same for int16 `x`."""
    low, high = builtin_activation_range_s8(activation, bound.output.type)
    return saturate_s16(multiply_by_quantized_multiplier(x, quantize_multiplier(builtin_ratio(bound))), low, high)


def clamp_call(bound: BoundNode, activation: Activation) -> KernelCall:
    """The int16 call."""
    factor = quantize_multiplier(builtin_ratio(bound))
    return slopes_call(bound, factor, factor, *builtin_activation_range_s8(activation, bound.output.type))


def slopes_call(bound: BoundNode, above: Array, below: Array, low: int, high: int) -> KernelCall:
    """`slopes_s16`: int16 values times one factor of `quantize_multiplier` from 0 on, and another below."""
    params = {
        "size": bound.output.type.elements,
        "multiplier": int(above[0]), "shift": int(above[1]),
        "multiplier_below": int(below[0]), "shift_below": int(below[1]),
        "activation_min": low, "activation_max": high,
    }  # fmt: skip
    return KernelCall("slopes_s16", params, (Operand(0), Result()))


def clamp_onnx(bound: BoundNode, onnx: OnnxEmitter, activation: Activation) -> None:
    """The same in ONNX's operators."""
    factor = quantize_multiplier(builtin_ratio(bound))
    slopes_onnx(bound, onnx, factor, factor, *builtin_activation_range_s8(activation, bound.output.type))


def slopes_onnx(bound: BoundNode, onnx: OnnxEmitter, above: Array, below: Array, low: int, high: int) -> None:
    """`slopes_s16` in ONNX's operators."""
    x = cast(onnx, onnx.codes(bound, 0), INT64)
    steps = multiplied(onnx, x, above, -LOW)
    if not np.array_equal(above, below):
        positive = onnx.node("GreaterOrEqual", [x, constant(onnx, 0)])
        steps = onnx.node("Where", [positive, steps, multiplied(onnx, x, below, -LOW)])
    onnx.output_codes(bound, saturated(onnx, steps, low, high))


class Relu(Unary):
    """x of any shape -> the same shape."""

    name = "relu"
    litert = LiteRT("RELU")
    onnx = "Relu"
    tflm = EXACT
    dtypes = REALS
    kernels = ("lut_s8", "slopes_s16", "clamp_f32")
    onnx_bound = 1
    onnx_bound_reason = "rescales in float32, LiteRT in fixed point; equal when input and output share their scale"

    def compute(self, x: Array) -> Array:
        return np.maximum(x, np.float32(0))

    def table(self, bound: BoundNode) -> Array:
        return clamp_table(bound, Activation.RELU)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (clamp_s16(bound, inputs[0], Activation.RELU),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        clamp_onnx(bound, onnx, Activation.RELU)

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return clamp_call(bound, Activation.RELU)

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return "clamp_f32", {"activation_min": 0.0, "activation_max": float("inf")}
