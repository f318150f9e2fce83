"""What relu, relu6, tanh and logistic share: one input, the same shape out, int8 by a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, TensorType
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Operator, ParamValue, Result, is_int8
from edgeml.ops.lut import look_up, lut_call


class Unary(Operator[Attributes]):
    """x of any shape -> the same shape."""

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        return (TensorType(x.shape, x.dtype),)

    def compute(self, x: Array) -> Array:
        """The float32 function."""
        raise NotImplementedError

    def table(self, bound: BoundNode) -> Array:
        """int8 results for -128..127."""
        raise NotImplementedError

    def kernel_f32(self) -> tuple[str, Mapping[str, ParamValue]]:
        """Float kernel's name and its parameters besides `size`."""
        return f"{self.name}_f32", {}

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (self.compute(inputs[0]).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (look_up(self.table(bound), inputs[0]),)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        onnx.output(bound, onnx.node(self.onnx, [onnx.input(bound, 0)]))

    def kernel(self, bound: BoundNode) -> KernelCall:
        if is_int8(bound):
            return lut_call(bound, self.table(bound))
        name, params = self.kernel_f32()
        return KernelCall(name, {"size": bound.output.type.elements, **params}, (Operand(0), Result()))
