"""The six comparisons: bool results, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from edgeml.ir import Array, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, ParamValue, Result
from edgeml.ops.broadcast import broadcast_shape, few_broadcasts
from edgeml.ops.common import ARITHMETIC
from edgeml.ops.elementwise import Elementwise, aligned_operands, geometry
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.truth import EQUIVALENCE, EXCLUSIVE_OR

# bits of `accept` in kernels/compare_f32.h
LESS, EQUAL, GREATER, UNORDERED = 1, 2, 4, 8
# bools are equal or not, but have no order
EQUALITY_KERNELS = ("compare_s8", "compare_f32", "compare_s32", "logical_bool")
EQUALITY_DTYPES = (*ARITHMETIC, DType.BOOL)


def one_type(bound: BoundNode) -> bool:
    """both operands must have one element type"""
    return bound.input(0).dtype is bound.input(1).dtype


def scales_below_1(bound: BoundNode) -> bool:
    """int8: the scales of the operands must be below 1, from where on LiteRT's shift is undefined"""
    return all(t is None or t.quantization is None or t.quantization.scale[0] < 1 for t in bound.inputs)


class Comparison(Elementwise):
    """a, b that broadcast together -> bool of the common shape: true where a's relation to b is accepted."""

    reads_scales = True
    accept: ClassVar[int]
    onnx_bound = 1
    onnx_bound_reason = "compares the reals; LiteRT rounds them to steps of 1/256 first"
    kernels: ClassVar[tuple[str, ...]] = ("compare_s8", "compare_f32", "compare_s32")
    dtypes: ClassVar[tuple[DType, ...]] = ARITHMETIC
    output_dtypes = (DType.BOOL,)
    constraints = (few_broadcasts, one_type, scales_below_1)

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
        if a.dtype == np.int8:
            a, b = (_fixed(bound, i, x) for i, x in enumerate((a, b)))
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
            case DType.INT8:
                params: dict[str, ParamValue] = {**geometry(bound), "accept": self.accept & 7}
                for i, letter in enumerate("ab"):
                    factor = quantize_multiplier(bound.input(i).type.scale)
                    params[f"{letter}_zero_point"] = bound.input(i).type.zero_point
                    params[f"{letter}_multiplier"], params[f"{letter}_shift"] = int(factor[0]), int(factor[1])
                return KernelCall("compare_s8", params, args)
            case DType.INT32:
                return KernelCall("compare_s32", {**geometry(bound), "accept": self.accept & 7}, args)
            case _:
                return KernelCall("compare_f32", {**geometry(bound), "accept": self.accept}, args)


def _fixed(bound: BoundNode, index: int, x: Array) -> Array:
    """int8 values of an operand in steps of 1/256, rounded as gemmlowp does: LiteRT compares these."""
    type_ = bound.input(index).type
    return multiply_by_quantized_multiplier(
        (x.astype(np.int64) - type_.zero_point) * 256, quantize_multiplier(type_.scale)
    )


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
