"""log_softmax: logarithm of softmax over the last dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.softmax import rank_at_least_1


class LogSoftmax(Operator[Attributes]):
    """x (…, depth) -> the same shape: (x - max) - ln(sum of exp(x - max))."""

    name = "log_softmax"
    litert = LiteRT("LOG_SOFTMAX", "LogSoftmaxOptions")
    onnx = "LogSoftmax"
    kernels = ("log_softmax_f32",)
    dtypes = (DType.FLOAT32,)
    constraints = (rank_at_least_1,)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        shifted = x - x.max(axis=-1, keepdims=True)
        total = np.exp(shifted).sum(axis=-1, keepdims=True, dtype=np.float32)
        return ((shifted - np.log(total)).astype(np.float32),)

    def batchable(self, bound: BoundNode) -> bool:
        return len(bound.input(0).shape) > 1 and super().batchable(bound)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        rank = len(bound.input(0).shape)
        onnx.output(bound, onnx.node("LogSoftmax", [onnx.input(bound, 0)], axis=onnx.axis(rank, rank - 1)))

    def kernel(self, bound: BoundNode) -> KernelCall:
        depth = bound.input(0).shape[-1]
        params = {"rows": bound.input(0).type.elements // depth, "depth": depth}
        return KernelCall("log_softmax_f32", params, (Operand(0), Result()))
