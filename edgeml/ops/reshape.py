"""reshape: the same elements in NHWC order under another shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, Shape, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result
from edgeml.ops.onnx_helpers import from_nhwc, to_nhwc


@dataclass(frozen=True)
class ReshapeAttrs(Attributes):
    """`shape` is complete: no -1."""

    shape: Shape = ()


class Reshape(Operator[ReshapeAttrs]):
    """x of any shape -> `shape`, with as many elements."""

    name = "reshape"
    attrs_type = ReshapeAttrs
    litert = LiteRT("RESHAPE", "ReshapeOptions", {"shape": "newShape"}, {"shape": 1}, version_int8=1, version_int16=1)
    onnx = "Reshape"
    tflm = EXACT
    kernels = ("copy_any",)
    dtypes = tuple(DType)
    same_quantization = True

    def infer(self, attrs: ReshapeAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if math.prod(map(int, attrs.shape)) != x.elements or any(d < 1 for d in attrs.shape):
            raise GraphError(f"reshape: {attrs.shape} must have the input's number of elements. Got {x.shape}.")
        return (TensorType(attrs.shape, x.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        shape = self.attrs(bound).shape
        batched = len(x) != bound.input(0).shape[0] if x.ndim else False
        return (x.reshape((len(x), *shape[1:]) if batched else shape),)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> ReshapeAttrs:
        # the operand may hold -1 or a batch of its own; the output's type is already resolved
        return ReshapeAttrs(outputs[0].shape)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        value = to_nhwc(onnx, onnx.input(bound, 0), bound.input(0).shape)
        shape = onnx.initializer("shape", np.asarray(bound.output.shape, np.int64))
        onnx.output(bound, from_nhwc(onnx, onnx.node("Reshape", [value, shape]), bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        params = {"element_size": bound.output.dtype.size, "size": bound.output.type.elements}
        return KernelCall("copy_any", params, (Operand(0), Result()))
