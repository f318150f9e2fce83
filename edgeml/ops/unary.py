"""What operators of one input share: the same shape out, int8 by a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Operator, ParamValue, Result, is_int8, is_int16
from edgeml.ops.lut import float_table, look_up, lut_call

# kernels/unary_s32.h
_S32_OPERATIONS = ("abs", "neg", "sign")


class Unary(Operator[Attributes]):
    """x of any shape -> the same shape."""

    # int8 values below 0, where the function has none, count as 0
    int8_from_zero: ClassVar[bool] = False

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, x.dtype),)

    def compute(self, x: Array) -> Array:
        """The function, in the precision of `x`."""
        raise NotImplementedError

    def compute_node(self, bound: BoundNode, x: Array) -> Array:
        """The same for functions that have attributes."""
        return self.compute(x)

    def table(self, bound: BoundNode) -> Array:
        """int8 results for -128..127; where LiteRT has no int8 kernel, what dequantize, float and quantize give."""
        return float_table(bound, lambda x: self.compute_node(bound, x))

    def kernel_f32(self, bound: BoundNode) -> tuple[str, Mapping[str, ParamValue]]:
        """Float kernel's name and its parameters besides `size`."""
        return f"{self.name}_f32", {}

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        """The int16 call of operators with such a meaning."""
        raise NotImplementedError

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        if x.dtype == np.int32:
            return (self.compute(x.astype(np.int64)).astype(np.int32),)
        return (self.compute_node(bound, x).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (look_up(self.table(bound), inputs[0]),)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        onnx.output(bound, onnx.node(self.onnx, [self.onnx_input(bound, onnx)]))

    def onnx_input(self, bound: BoundNode, onnx: OnnxEmitter) -> str:
        """The float value of x, from 0 for functions that have no values below it."""
        x = onnx.input(bound, 0)
        return onnx.node("Relu", [x]) if self.int8_from_zero and is_int8(bound) else x

    def kernel(self, bound: BoundNode) -> KernelCall:
        if is_int8(bound):
            return lut_call(bound, self.table(bound))
        if is_int16(bound):
            return self.kernel_s16(bound)
        size = bound.output.type.elements
        if bound.output.dtype is DType.INT32:
            params = {"size": size, "operation": _S32_OPERATIONS.index(self.name)}
            return KernelCall("unary_s32", params, (Operand(0), Result()))
        name, more = self.kernel_f32(bound)
        return KernelCall(name, {"size": size, **more}, (Operand(0), Result()))
