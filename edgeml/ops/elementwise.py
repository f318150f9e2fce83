"""What add and mul share: broadcasting, attributes, spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Shape, Tensor, TensorType
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Operator, ParamValue, Result
from edgeml.ops.common import Activation, activation_f32, activation_range
from edgeml.ops.onnx_helpers import emit_activation

KERNEL_RANK = 4


@dataclass(frozen=True)
class BinaryAttrs(Attributes):
    """Attributes of add and mul."""

    activation: Activation = Activation.NONE


def rank_at_most_4(bound: BoundNode) -> bool:
    """operands must have rank 4 at most"""
    return all(t is None or len(t.shape) <= KERNEL_RANK for t in bound.inputs)


def same_types(bound: BoundNode) -> bool:
    """both operands must have the element type of the output"""
    return all(t is not None and t.dtype is bound.output.dtype for t in bound.inputs)


class Binary(Operator[BinaryAttrs]):
    """a, b of shapes that broadcast together (NumPy's rule) -> the common shape; either may be constant."""

    attrs_type = BinaryAttrs

    def infer(self, attrs: BinaryAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        a, b = inputs[0], inputs[1]
        assert a is not None and b is not None
        try:
            shape = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            raise GraphError(f"{self.name}: operands must broadcast together. Got {a.shape} and {b.shape}.") from None
        return (TensorType(tuple(shape), a.dtype),)

    def combine(self, a: Array, b: Array) -> Array:
        """The float operation."""
        raise NotImplementedError

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        y = activation_f32(self.attrs(bound).activation, self.combine(a, b))
        return (y.astype(np.float32),)

    def batchable(self, bound: BoundNode) -> bool:
        # an activation of smaller rank would be aligned with another dimension than the batch
        aligned = all(t is None or t.is_constant or len(t.shape) == len(bound.output.shape) for t in bound.inputs)
        return aligned and super().batchable(bound)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {"fusedActivationFunction": self.attrs(bound).activation.value}

    def from_litert(self, options: Any, operands: Any, types: Any, outputs: Any) -> BinaryAttrs:
        return BinaryAttrs(Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        rank = len(bound.output.shape)
        args = [_aligned(onnx, onnx.input(bound, i), bound.input(i), rank) for i in (0, 1)]
        onnx.output(bound, emit_activation(onnx, bound, onnx.node(self.onnx, args), self.attrs(bound).activation))

    def kernel_f32(self, bound: BoundNode) -> KernelCall:
        low, high = activation_range(self.attrs(bound).activation)
        params = {**geometry(bound), "activation_min": low, "activation_max": high}
        return KernelCall(f"{self.name}_f32", params, (Operand(0), Operand(1), Result()))


def geometry(bound: BoundNode) -> dict[str, ParamValue]:
    """`elements`, the output's `shape` as four dimensions, and each operand's stride in elements (0: broadcast)."""
    shape = _four(bound.output.shape)
    return {
        "elements": bound.output.type.elements,
        "shape": shape,
        "stride_a": _strides(_four(bound.input(0).shape)),
        "stride_b": _strides(_four(bound.input(1).shape)),
    }


def _four(shape: Shape) -> Shape:
    return (1,) * (KERNEL_RANK - len(shape)) + shape


def _strides(shape: Shape) -> Shape:
    dense = [int(np.prod(shape[i + 1 :], dtype=np.int64)) for i in range(KERNEL_RANK)]
    return tuple(0 if d == 1 else s for d, s in zip(shape, dense, strict=True))


def _aligned(onnx: OnnxEmitter, value: str, tensor: Tensor, rank: int) -> str:
    """An operand of smaller rank beside one of rank 4: its dimensions are the last of NHWC, not of NCHW."""
    if rank != KERNEL_RANK or len(tensor.shape) == rank or tensor.type.elements == 1:
        return value
    shape = onnx.initializer("shape", np.asarray(_four(tensor.shape), np.int64))
    return onnx.node("Transpose", [onnx.node("Reshape", [value, shape])], perm=[0, 3, 1, 2])
