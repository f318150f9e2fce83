"""select_v2: elements of one of two tensors, as a bool tensor says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.broadcast import broadcast_shape, few_broadcasts, merged
from edgeml.ops.elementwise import aligned_operands


def bool_condition(bound: BoundNode) -> bool:
    """the condition must be bool, and both choices must have the element type of the output"""
    kinds = {bound.input(1).dtype, bound.input(2).dtype, bound.output.dtype}
    return bound.input(0).dtype is DType.BOOL and len(kinds) == 1


class SelectV2(Operator[Attributes]):
    """condition, a, b that broadcast together -> the common shape: a where the condition is true, else b."""

    name = "select_v2"
    litert = LiteRT("SELECT_V2", "SelectV2Options", version_int8=1)
    onnx = "Where"
    tflm = EXACT
    kernels = ("select_any",)
    dtypes = (DType.FLOAT32, DType.INT8, DType.INT32, DType.BOOL)
    same_quantization = True
    constraints = (few_broadcasts, bool_condition)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        condition, a, b = inputs
        assert condition is not None and a is not None and b is not None
        return (TensorType(broadcast_shape(self.name, condition.shape, a.shape, b.shape), a.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        condition, a, b = inputs
        assert condition is not None and a is not None and b is not None
        return (np.where(condition, a, b),)

    def batchable(self, bound: BoundNode) -> bool:
        # an activation of smaller rank would be aligned with another dimension than the batch
        aligned = all(t is None or t.is_constant or len(t.shape) == len(bound.output.shape) for t in bound.inputs)
        return aligned and super().batchable(bound)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        condition, a, b = aligned_operands(bound, onnx)
        if bound.output.dtype is DType.BOOL:
            # ONNX Runtime has no Where for bools
            a = onnx.node("And", [condition, a])
            b = onnx.node("And", [onnx.node("Not", [condition]), b])
            onnx.output(bound, onnx.node("Or", [a, b]))
        else:
            onnx.output(bound, onnx.node("Where", [condition, a, b]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        operands = [bound.input(i).shape for i in range(3)]
        shape, (condition, a, b) = merged(bound.output.shape, operands)
        params = {"shape": shape, "stride_condition": condition, "stride_a": a, "stride_b": b}
        size = {"element_size": bound.output.dtype.size}
        return KernelCall("select_any", {**params, **size}, (Operand(0), Operand(1), Operand(2), Result()))
