"""Functions of bools: and, or, not; exclusive or is not_equal."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType
from edgeml.ops.base import KernelCall, LiteRT, Operand, ParamValue, Result
from edgeml.ops.elementwise import Elementwise, geometry
from edgeml.ops.truth import AND, NEITHER, OR
from edgeml.ops.unary import Unary


class Logical(Elementwise):
    """a, b, bool, that broadcast together -> bool of the common shape."""

    truth: ClassVar[int]
    kernels = ("logical_bool",)
    dtypes = (DType.BOOL,)

    def combine(self, a: Array, b: Array) -> Array:
        table = np.array([(self.truth >> i) & 1 for i in range(4)], bool)
        return np.asarray(table[2 * a.astype(np.int8) + b.astype(np.int8)])

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (self.combine(a, b),)

    def kernel(self, bound: BoundNode) -> KernelCall:
        params = {**geometry(bound), "truth": self.truth}
        return KernelCall("logical_bool", params, (Operand(0), Operand(1), Result()))


class LogicalAnd(Logical):
    """a and b."""

    name = "logical_and"
    litert = LiteRT("LOGICAL_AND", "LogicalAndOptions")
    onnx = "And"
    truth = AND


class LogicalOr(Logical):
    """a or b."""

    name = "logical_or"
    litert = LiteRT("LOGICAL_OR", "LogicalOrOptions")
    onnx = "Or"
    truth = OR


class LogicalNot(Unary):
    """x, bool, of any shape -> the same shape."""

    name = "logical_not"
    attrs_type = Attributes
    litert = LiteRT("LOGICAL_NOT", "LogicalNotOptions")
    onnx = "Not"
    kernels = ("logical_bool",)
    dtypes = (DType.BOOL,)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        return (~x,)

    def kernel(self, bound: BoundNode) -> KernelCall:
        # both operands of the table are x, so that neither of them is not x
        shape, steps = (1, 1, 1, bound.output.type.elements), (0, 0, 0, 1)
        params: dict[str, ParamValue] = {"shape": shape, "stride_a": steps, "stride_b": steps, "truth": NEITHER}
        return KernelCall("logical_bool", params, (Operand(0), Operand(0), Result()))
