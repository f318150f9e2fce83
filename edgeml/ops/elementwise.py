"""What operators of two operands share: broadcasting, attributes, spelling, integers without quantisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, Shape, Tensor, TensorType
from edgeml.ops.base import Constraint, KernelCall, LiteRT, OnnxEmitter, Operand, Operator, ParamValue, Result
from edgeml.ops.broadcast import KERNEL_RANK as KERNEL_RANK
from edgeml.ops.broadcast import broadcast_shape, few_broadcasts, merged
from edgeml.ops.common import Activation, activation_f32, activation_range
from edgeml.ops.onnx_fixed_point import INT64, cast
from edgeml.ops.onnx_helpers import emit_activation

_INT32 = (-(2**31), 2**31 - 1)
# kernels/binary_s32.h
_S32_OPERATIONS = (
    "add", "sub", "mul", "div", "floor_div", "floor_mod", "minimum", "maximum", "squared_difference", "pow",
)  # fmt: skip


@dataclass(frozen=True)
class BinaryAttrs(Attributes):
    """Attributes of operators with a fused activation."""

    activation: Activation = Activation.NONE


def rank_at_most_4(bound: BoundNode) -> bool:
    """operands must have rank 4 at most"""
    return all(t is None or len(t.shape) <= KERNEL_RANK for t in bound.inputs)


def same_types(bound: BoundNode) -> bool:
    """both operands must have the element type of the output"""
    return all(t is not None and t.dtype is bound.output.dtype for t in bound.inputs)


class Elementwise(Operator[Attributes]):
    """a, b of shapes that broadcast together (NumPy's rule) -> the common shape; either may be constant."""

    constraints: ClassVar[tuple[Constraint, ...]] = (few_broadcasts, same_types)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        a, b = inputs[0], inputs[1]
        assert a is not None and b is not None
        return (TensorType(broadcast_shape(self.name, a.shape, b.shape), a.dtype),)

    def combine(self, a: Array, b: Array) -> Array:
        """The float operation."""
        raise NotImplementedError

    def combine_s32(self, a: Array, b: Array) -> Array:
        """The operation on int32 values that stand for themselves, given as int64; wraps around afterwards."""
        return self.combine(a, b)

    def activation(self, bound: BoundNode) -> Activation:
        """The fused activation; NONE for operators that have no such attribute."""
        return getattr(bound.node.attrs, "activation", Activation.NONE)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        y = activation_f32(self.activation(bound), self.combine(a, b))
        return (y.astype(np.float32),)

    def reference_s32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        """int32 without quantisation."""
        a, b = inputs
        assert a is not None and b is not None
        y = self.combine_s32(a.astype(np.int64), b.astype(np.int64)).astype(np.int64).astype(np.int32)
        return (np.clip(y, *s32_range(self.activation(bound))).astype(np.int32),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        if bound.output.dtype is DType.INT32:
            return self.reference_s32(bound, *inputs)
        return super().reference(bound, *inputs)

    def batchable(self, bound: BoundNode) -> bool:
        # an activation of smaller rank would be aligned with another dimension than the batch
        aligned = all(t is None or t.is_constant or len(t.shape) == len(bound.output.shape) for t in bound.inputs)
        return aligned and super().batchable(bound)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        assert isinstance(self.onnx, str)
        value = onnx.node(self.onnx, aligned_operands(bound, onnx))
        onnx.output(bound, emit_activation(onnx, bound, value, self.activation(bound)))

    def kernel(self, bound: BoundNode) -> KernelCall:
        match bound.output.dtype:
            case DType.INT8:
                return self.kernel_s8(bound)
            case DType.INT16:
                return self.kernel_s16(bound)
            case DType.INT32:
                return self.kernel_s32(bound)
            case _:
                return self.kernel_f32(bound)

    def kernel_f32(self, bound: BoundNode) -> KernelCall:
        """The float32 call."""
        params: dict[str, ParamValue] = geometry(bound)
        if hasattr(bound.node.attrs, "activation"):
            low, high = activation_range(self.activation(bound))
            params |= {"activation_min": low, "activation_max": high}
        return KernelCall(f"{self.name}_f32", params, (Operand(0), Operand(1), Result()))

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        """The int8 call."""
        raise NotImplementedError

    def kernel_s16(self, bound: BoundNode) -> KernelCall:
        """The int16 call."""
        raise NotImplementedError

    def kernel_s32(self, bound: BoundNode) -> KernelCall:
        """The call for int32 without quantisation."""
        low, high = s32_range(self.activation(bound))
        operation = {"operation": _S32_OPERATIONS.index(self.name), "activation_min": low, "activation_max": high}
        return KernelCall("binary_s32", {**geometry(bound), **operation}, (Operand(0), Operand(1), Result()))


class Binary(Elementwise):
    """An elementwise operator with a fused activation, which LiteRT knows for these."""

    attrs_type = BinaryAttrs
    litert: ClassVar[LiteRT]

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {"fusedActivationFunction": self.activation(bound).value}

    def from_litert(self, options: Any, operands: Any, types: Any, outputs: Any) -> BinaryAttrs:
        return BinaryAttrs(Activation(options["fusedActivationFunction"]))


def geometry(bound: BoundNode) -> dict[str, ParamValue]:
    """The output's `shape` as four dimensions, and each operand's stride in elements (0: broadcast)."""
    shape, (a, b) = merged(bound.output.shape, (bound.input(0).shape, bound.input(1).shape))
    return {"shape": shape, "stride_a": a, "stride_b": b}


def s32_range(activation: Activation) -> tuple[int, int]:
    """A fused activation as int32 bounds."""
    low, high = (int(np.clip(v, *_INT32)) for v in activation_range(activation))
    return low, high


def aligned_operands(bound: BoundNode, onnx: OnnxEmitter) -> list[str]:
    """The operands in the ONNX layout, so that they broadcast there as they do here."""
    rank = len(bound.output.shape)
    return [_aligned(onnx, onnx.input(bound, i), bound.input(i), rank) for i in range(len(bound.inputs))]


def aligned_codes(bound: BoundNode, onnx: OnnxEmitter) -> list[str]:
    """The same of their codes, as int64."""
    rank = len(bound.output.shape)
    codes = (_aligned(onnx, onnx.codes(bound, i), bound.input(i), rank) for i in range(len(bound.inputs)))
    return [cast(onnx, value, INT64) for value in codes]


def _aligned(onnx: OnnxEmitter, value: str, tensor: Tensor, rank: int) -> str:
    """An operand whose rank differs from the result's, where one of both is stored as NCHW."""
    if rank == len(tensor.shape) or tensor.type.elements == 1:
        return value
    if rank == 4:
        # its dimensions are the last of NHWC, not of NCHW
        shape: Shape = (1,) * (4 - len(tensor.shape)) + tensor.shape
        value = onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])
        return onnx.node("Transpose", [value], perm=[0, 3, 1, 2])
    if len(tensor.shape) == 4:
        return onnx.node("Transpose", [value], perm=[0, 2, 3, 1])
    return value
