"""concatenation: tensors joined along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, ParamValue, Result, Table
from edgeml.ops.common import Activation


@dataclass(frozen=True)
class ConcatenationAttrs(Attributes):
    """`axis` refers to the NHWC layout and is not negative."""

    axis: int = 3
    activation: Activation = Activation.NONE


def no_fused_activation(bound: BoundNode) -> bool:
    """must have no fused activation; LiteRT runs none either"""
    attrs = bound.node.attrs
    assert isinstance(attrs, ConcatenationAttrs)
    return attrs.activation is Activation.NONE


def one_element_type(bound: BoundNode) -> bool:
    """all inputs must have the element type of the output"""
    return all(t is not None and t.dtype is bound.output.dtype for t in bound.inputs)


class Concatenation(Operator[ConcatenationAttrs]):
    """Tensors whose shapes differ in `axis` only -> one tensor."""

    name = "concatenation"
    attrs_type = ConcatenationAttrs
    litert = LiteRT("CONCATENATION", "ConcatenationOptions")
    onnx = "Concat"
    tflm = EXACT
    kernels = ("concatenation_any",)
    dtypes = tuple(DType)
    same_quantization = True
    constraints = (no_fused_activation, one_element_type)

    def infer(self, attrs: ConcatenationAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        types = [t for t in inputs if t is not None]
        shapes = [t.shape for t in types]
        first, axis = shapes[0], attrs.axis
        rest = {s[:axis] + s[axis + 1 :] for s in shapes}
        if not 0 <= axis < len(first) or len(rest) != 1 or any(len(s) != len(first) for s in shapes):
            raise GraphError(
                f"concatenation: shapes may differ in axis {axis} only. Got {', '.join(map(str, shapes))}."
            )
        size = sum(s[axis] for s in shapes)
        return (TensorType((*first[:axis], size, *first[axis + 1 :]), types[0].dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        axis = self.attrs(bound).axis
        parts = [x for x in inputs if x is not None]
        if axis:
            # constants have a batch of one
            count = max(len(x) for x in parts)
            parts = [np.broadcast_to(x, (count, *x.shape[1:])) for x in parts]
        return (np.concatenate(parts, axis=axis),)

    def batchable(self, bound: BoundNode) -> bool:
        return self.attrs(bound).axis != 0 and super().batchable(bound)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        return {"axis": attrs.axis, "fusedActivationFunction": attrs.activation.value}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> ConcatenationAttrs:
        axis = options["axis"] % len(outputs[0].shape)
        return ConcatenationAttrs(axis, Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        args = [onnx.input(bound, i) for i in range(len(bound.inputs))]
        axis = onnx.axis(len(bound.output.shape), self.attrs(bound).axis)
        onnx.output(bound, onnx.node("Concat", args, axis=axis))

    def kernel(self, bound: BoundNode) -> KernelCall:
        axis = self.attrs(bound).axis
        inner = [int(np.prod(bound.input(i).shape[axis:], dtype=np.int64)) for i in range(len(bound.inputs))]
        params: dict[str, ParamValue] = {
            "element_size": bound.output.dtype.size,
            "outer": int(np.prod(bound.output.shape[:axis], dtype=np.int64)),
            "inputs": len(inner),
        }
        operands = tuple(Operand(i) for i in range(len(inner)))
        sizes = Table("inner", np.asarray(inner, np.int32))
        return KernelCall("concatenation_any", params, (*operands, sizes, Result()))
