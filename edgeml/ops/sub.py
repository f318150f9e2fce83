"""sub: elementwise difference with broadcasting."""

from __future__ import annotations

from typing import Any

from edgeml.ir import Array, BoundNode
from edgeml.ops.add import refuse_binary_scales, sum_call, sum_options, sum_s8, sum_scale_ratio
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter
from edgeml.ops.common import ARITHMETIC_S16
from edgeml.ops.elementwise import Binary, BinaryAttrs, Elementwise
from edgeml.ops.fixed_sum import fixed_sum, fixed_sum_call, fixed_sum_onnx


class Sub(Binary):
    """a - b; int8: the rule of add with the second multiplier negated, so it also has its kernel."""

    name = "sub"
    litert = LiteRT("SUB", "SubOptions", version_int16=5)
    onnx = "Sub"
    tflm = EXACT
    kernels = ("add_s8", "add_fixed_s8", "add_s16", "sub_f32", "binary_s32")
    dtypes = ARITHMETIC_S16
    onnx_bound = 1
    onnx_bound_reason = "subtracts in float32 and rounds halves to even, LiteRT in integers and half up"
    constraints = (*Elementwise.constraints, sum_scale_ratio)

    def combine(self, a: Array, b: Array) -> Array:
        return a - b

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (sum_s8(bound, a, b, sign=-1),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (fixed_sum(bound, a, b, self.activation(bound), sign=-1),)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return sum_options(bound, super().litert_options(bound))

    def from_litert(self, options: Any, operands: Any, types: Any, outputs: Any) -> BinaryAttrs:
        refuse_binary_scales(options, (*types, *outputs))
        return super().from_litert(options, operands, types, outputs)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        fixed_sum_onnx(bound, onnx, self.activation(bound), sign=-1)

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        return fixed_sum_call(bound, self.activation(bound), sign=-1)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        return sum_call(bound, sign=-1)
