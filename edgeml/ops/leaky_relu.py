"""leaky_relu: x above 0, alpha * x below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, Numerics
from edgeml.ops.base import EXACT, REALS, KernelCall, LiteRT, OnnxEmitter, ParamValue, is_int8
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.int16 import HIGH, LOW, saturate_s16
from edgeml.ops.lut import VALUES, builtin_ratio, saturate
from edgeml.ops.relu import slopes_call, slopes_onnx
from edgeml.ops.unary import Unary


@dataclass(frozen=True)
class LeakyReluAttrs(Attributes):
    """`alpha` is the slope below 0."""

    alpha: float = 0.01


def rising_under_tflm(bound: BoundNode) -> bool:
    """under tflm numerics, alpha must not be negative: TensorFlow Lite Micro rounds negative factors otherwise"""
    return bound.numerics is not Numerics.TFLM or not is_int8(bound) or _alpha(bound) >= 0


class LeakyRelu(Unary):
    """x of any shape -> the same shape.

    int8: a multiplier on each side of zero, see `table`.
    """

    name = "leaky_relu"
    attrs_type = LeakyReluAttrs
    litert = LiteRT("LEAKY_RELU", "LeakyReluOptions", {"alpha": "alpha"}, version_int16=2)
    onnx = "LeakyRelu"
    tflm = EXACT
    dtypes = REALS
    kernels = ("lut_s8", "slopes_s16", "leaky_relu_f32")
    constraints = (rising_under_tflm,)
    onnx_bound = 2
    onnx_bound_reason = "multiplies in float32, LiteRT by factors of 8 fractional bits"

    def compute_node(self, bound: BoundNode, x: Array) -> Array:
        return np.where(x < 0, x * np.float32(_alpha(bound)), x)

    def table(self, bound: BoundNode) -> Array:
        """XNNPACK's rule (`xnn_init_qs8_vlrelu_params`): multipliers with 8 fractional bits.

        Where a multiplier is out of its range, LiteRT's delegate leaves the node to the built-in kernel, whose
        arithmetic is gemmlowp's, as TensorFlow Lite Micro's always is.
        """
        x, y = bound.input(0).type, bound.output.type
        if bound.numerics is Numerics.TFLM:
            ratio = builtin_ratio(bound)
            return self._fixed_table(bound, ratio, x.scale * _alpha(bound) / y.scale)
        above = np.float32(x.scale) / np.float32(y.scale)
        below = above * np.float32(_alpha(bound))
        steps = VALUES - x.zero_point
        if _in_range(above) and _in_range(below):
            factors = [int(np.rint(m * np.float32(256))) for m in (above, below)]
            return saturate(((steps * np.where(steps > 0, *factors) + 128) >> 8) + y.zero_point)
        below = np.float32(x.scale) * np.float32(_alpha(bound)) / np.float32(y.scale)
        return self._fixed_table(bound, float(above), float(below))

    def _fixed_table(self, bound: BoundNode, above: float, below: float) -> Array:
        """gemmlowp's arithmetic with a real factor on each side of zero."""
        steps = VALUES - bound.input(0).type.zero_point
        rescaled = [multiply_by_quantized_multiplier(steps, quantize_multiplier(m)) for m in (above, below)]
        return saturate(np.where(steps >= 0, *rescaled) + bound.output.type.zero_point)

    def _factors_s16(self, bound: BoundNode) -> tuple[Array, Array]:
        """Factors from 0 on and below, formed in float32 as LiteRT does."""
        x, y = np.float32(bound.input(0).type.scale), np.float32(bound.output.type.scale)
        below = x * np.float32(_alpha(bound)) / y
        return quantize_multiplier(builtin_ratio(bound)), quantize_multiplier(float(below))

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        above, below = (multiply_by_quantized_multiplier(x, f) for f in self._factors_s16(bound))
        return (saturate_s16(np.where(x >= 0, above, below)),)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        slopes_onnx(bound, onnx, *self._factors_s16(bound), LOW, HIGH)

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return slopes_call(bound, *self._factors_s16(bound), LOW, HIGH)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        onnx.output(bound, onnx.node("LeakyRelu", [onnx.input(bound, 0)], alpha=_alpha(bound)))

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return "leaky_relu_f32", {"alpha": _alpha(bound)}


def _in_range(factor: np.float32) -> bool:
    return bool(2.0**-8 <= abs(factor) < 2.0**7)


def _alpha(bound: BoundNode) -> float:
    return float(np.float32(bound.node.attrs.alpha))  # type: ignore[attr-defined]
