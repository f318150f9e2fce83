"""sub: elementwise difference with broadcasting."""

from __future__ import annotations

from edgeml.ir import Array, BoundNode
from edgeml.ops.add import sum_call, sum_s8, sum_scale_ratio
from edgeml.ops.base import EXACT, KernelCall, LiteRT
from edgeml.ops.common import ARITHMETIC
from edgeml.ops.elementwise import Binary, Elementwise


class Sub(Binary):
    """a - b; int8: the rule of add with the second multiplier negated, so it also has its kernel."""

    name = "sub"
    litert = LiteRT("SUB", "SubOptions")
    onnx = "Sub"
    tflm = EXACT
    kernels = ("add_s8", "add_fixed_s8", "sub_f32", "binary_s32")
    dtypes = ARITHMETIC
    onnx_bound = 1
    onnx_bound_reason = "subtracts in float32 and rounds halves to even, LiteRT in integers and half up"
    constraints = (*Elementwise.constraints, sum_scale_ratio)

    def combine(self, a: Array, b: Array) -> Array:
        return a - b

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (sum_s8(bound, a, b, sign=-1),)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        return sum_call(bound, sign=-1)
