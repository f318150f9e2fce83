"""prelu: leaky rectifier whose slope is an operand, usually one for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, TensorType
from edgeml.ops.base import KernelCall, LiteRT, Operand, Result
from edgeml.ops.elementwise import Elementwise, geometry
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.lut import saturate


class PRelu(Elementwise):
    """x, slope that broadcasts to the shape of x -> that shape: x above 0, slope * x below.

    int8: each side has a factor of its own, in gemmlowp's fixed point.
    """

    name = "prelu"
    litert = LiteRT("PRELU", version_int8=1)
    onnx = "PRelu"
    kernels = ("prelu_s8", "prelu_f32")
    onnx_bound = 1
    onnx_bound_reason = "multiplies in float32, LiteRT in fixed point"

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        (out,) = super().infer(attrs, inputs)
        x = inputs[0]
        assert x is not None
        if out.shape != x.shape:
            raise GraphError(f"prelu: the slope must broadcast to the input. Got {x.shape}, the result is {out.shape}.")
        return (out,)

    def combine(self, a: Array, b: Array) -> Array:
        return np.where(a < 0, a * b, a)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        above, below = _factors(bound)
        x = a.astype(np.int64) - bound.input(0).type.zero_point
        product = x * (b.astype(np.int64) - bound.input(1).type.zero_point)
        steps = np.where(
            x >= 0, multiply_by_quantized_multiplier(x, above), multiply_by_quantized_multiplier(product, below)
        )
        return (saturate(steps + bound.output.type.zero_point),)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        params = geometry(bound)
        for name, factor in zip(("above", "below"), _factors(bound), strict=True):
            params |= {f"{name}_multiplier": int(factor[0]), f"{name}_shift": int(factor[1])}
        params |= {
            "a_zero_point": bound.input(0).type.zero_point,
            "b_zero_point": bound.input(1).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
        }
        return KernelCall("prelu_s8", params, (Operand(0), Operand(1), Result()))


def _factors(bound: BoundNode) -> tuple[Array, Array]:
    """Factors above and below 0, formed in float32."""
    x, slope, y = (np.float32(t.type.scale) for t in (bound.input(0), bound.input(1), bound.output))
    return quantize_multiplier(float(x / y)), quantize_multiplier(float(x * slope / y))
