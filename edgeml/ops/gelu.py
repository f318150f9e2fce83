"""gelu: x times the standard normal distribution function of x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode
from edgeml.ops.base import LiteRT, OnnxEmitter, ParamValue
from edgeml.ops.functions import erfc
from edgeml.ops.lut import real_values, round_half_away, saturate
from edgeml.ops.unary import Unary


@dataclass(frozen=True)
class GeluAttrs(Attributes):
    """`approximate`: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) instead of x / 2 * erfc(-x / sqrt(2))."""

    approximate: bool = False


class Gelu(Unary):
    """x of any shape -> the same shape."""

    name = "gelu"
    attrs_type = GeluAttrs
    litert = LiteRT("GELU", "GeluOptions", {"approximate": "approximate"})
    onnx = "Erf, Tanh"
    kernels = ("lut_s8", "gelu_f32", "gelu_tanh_f32")
    onnx_bound = 1
    onnx_bound_reason = "rounds halves to even, LiteRT's table away from zero"

    def compute_node(self, bound: BoundNode, x: Array) -> Array:
        if _approximate(bound):
            inner = x.dtype.type(0.7978845608028654) * (x + x.dtype.type(0.044715) * x * x * x)
            return np.asarray(x.dtype.type(0.5) * x * (1 + np.tanh(inner)))
        return np.asarray(x.dtype.type(0.5) * x * erfc(x * x.dtype.type(-0.7071067811865476)))

    def table(self, bound: BoundNode) -> Array:
        # each step in float32, as LiteRT's GeluTransform
        x, y = real_values(bound), bound.output.type
        if _approximate(bound):
            inner = np.float32(0.7978845608028654) * x * (np.float32(1) + np.float32(0.044715) * x * x)
            value = np.float32(0.5) * x * (np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32))
        else:
            inner = x * np.float32(-0.7071067811865476)
            value = np.float32(0.5) * x * erfc(inner.astype(np.float64)).astype(np.float32)
        return saturate(round_half_away(value * (np.float32(1) / np.float32(y.scale))) + y.zero_point)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        x = onnx.input(bound, 0)

        def number(value: float) -> str:
            return onnx.initializer("constant", np.asarray(value, np.float32))

        if _approximate(bound):
            cubic = onnx.node("Mul", [onnx.node("Mul", [x, x]), onnx.node("Mul", [x, number(0.044715)])])
            inner = onnx.node("Mul", [onnx.node("Add", [x, cubic]), number(0.7978845608028654)])
            gate = onnx.node("Tanh", [inner])
        else:
            gate = onnx.node("Erf", [onnx.node("Mul", [x, number(0.7071067811865476)])])
        half = onnx.node("Mul", [x, number(0.5)])
        onnx.output(bound, onnx.node("Mul", [half, onnx.node("Add", [gate, number(1.0)])]))

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        return ("gelu_tanh_f32" if _approximate(bound) else "gelu_f32"), {}


def _approximate(bound: BoundNode) -> bool:
    return bool(bound.node.attrs.approximate)  # type: ignore[attr-defined]
