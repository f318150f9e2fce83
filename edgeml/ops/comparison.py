"""The six comparisons: bool results, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from edgeml.ir import Array, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Result
from edgeml.ops.broadcast import broadcast_shape, few_broadcasts
from edgeml.ops.elementwise import Elementwise, aligned_operands, geometry
from edgeml.ops.truth import EQUIVALENCE, EXCLUSIVE_OR

# bits of `accept` in kernels/compare_f32.h
LESS, EQUAL, GREATER, UNORDERED = 1, 2, 4, 8
# bools are equal or not, but have no order
EQUALITY_KERNELS = ("compare_f32", "compare_s32", "logical_bool")
EQUALITY_DTYPES = (DType.FLOAT32, DType.INT32, DType.BOOL)


def one_type(bound: BoundNode) -> bool:
    """both operands must have one element type"""
    return bound.input(0).dtype is bound.input(1).dtype


class Comparison(Elementwise):
    """a, b that broadcast together -> bool of the common shape: true where a's relation to b is accepted."""

    accept: ClassVar[int]
    kernels: ClassVar[tuple[str, ...]] = ("compare_f32", "compare_s32")
    dtypes: ClassVar[tuple[DType, ...]] = (DType.FLOAT32, DType.INT32)
    output_dtypes = (DType.BOOL,)
    constraints = (few_broadcasts, one_type)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        a, b = inputs[0], inputs[1]
        assert a is not None and b is not None
        return (TensorType(broadcast_shape(self.name, a.shape, b.shape), DType.BOOL),)

    def combine(self, a: Array, b: Array) -> Array:
        less, equal, greater = (bool(self.accept & bit) for bit in (LESS, EQUAL, GREATER))
        neither = bool(self.accept & UNORDERED)
        return np.asarray(np.where(a < b, less, np.where(a == b, equal, np.where(a > b, greater, neither))))

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (self.combine(a, b),)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        operands = aligned_operands(bound, onnx)
        if self.name == "not_equal":
            onnx.output(bound, onnx.node("Not", [onnx.node("Equal", operands)]))
        else:
            onnx.output(bound, onnx.node(self.onnx, operands))

    def kernel(self, bound: BoundNode) -> KernelCall:
        args = (Operand(0), Operand(1), Result())
        match bound.input(0).dtype:
            case DType.BOOL:
                truth = EQUIVALENCE if self.accept == EQUAL else EXCLUSIVE_OR
                return KernelCall("logical_bool", {**geometry(bound), "truth": truth}, args)
            case DType.INT32:
                return KernelCall("compare_s32", {**geometry(bound), "accept": self.accept & 7}, args)
            case _:
                return KernelCall("compare_f32", {**geometry(bound), "accept": self.accept}, args)


class Equal(Comparison):
    """a == b."""

    name = "equal"
    litert = LiteRT("EQUAL", "EqualOptions")
    onnx = "Equal"
    kernels = EQUALITY_KERNELS
    dtypes = EQUALITY_DTYPES
    accept = EQUAL


class NotEqual(Comparison):
    """a != b; of bools the exclusive or."""

    name = "not_equal"
    litert = LiteRT("NOT_EQUAL", "NotEqualOptions")
    onnx = "Equal, Not"
    kernels = EQUALITY_KERNELS
    dtypes = EQUALITY_DTYPES
    accept = LESS | GREATER | UNORDERED


class Less(Comparison):
    """a < b."""

    name = "less"
    litert = LiteRT("LESS", "LessOptions")
    onnx = "Less"
    accept = LESS


class LessEqual(Comparison):
    """a <= b."""

    name = "less_equal"
    litert = LiteRT("LESS_EQUAL", "LessEqualOptions")
    onnx = "LessOrEqual"
    accept = LESS | EQUAL


class Greater(Comparison):
    """a > b."""

    name = "greater"
    litert = LiteRT("GREATER", "GreaterOptions")
    onnx = "Greater"
    accept = GREATER


class GreaterEqual(Comparison):
    """a >= b."""

    name = "greater_equal"
    litert = LiteRT("GREATER_EQUAL", "GreaterEqualOptions")
    onnx = "GreaterOrEqual"
    accept = GREATER | EQUAL
