"""batch_matmul: matrix products over leading dimensions that broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Numerics, Shape, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, ParamValue, Result, is_int8
from edgeml.ops.elementwise import same_types
from edgeml.ops.movement import dense_strides
from edgeml.ops.onnx_helpers import from_nhwc, nhwc
from edgeml.ops.requantize import multiplier, requantize, scale_param

# loops of the kernel over leading dimensions
BATCH_RANK = 3


@dataclass(frozen=True)
class BatchMatmulAttrs(Attributes):
    """Whether the last two dimensions of the left (`adj_x`) or right (`adj_y`) operand are swapped first."""

    adj_x: bool = False
    adj_y: bool = False


def rank_2_to_5(bound: BoundNode) -> bool:
    """the operands must have rank 2 to 5"""
    return all(t is not None and 2 <= len(t.shape) <= BATCH_RANK + 2 for t in bound.inputs)


class BatchMatmul(Operator[BatchMatmulAttrs]):
    """a (…, M, K), b (…, K, N) -> (…, M, N).

    int8: the int32 sum of products requantised by scale_a * scale_b / scale_y. LiteRT's delegate takes the operator
    where b is symmetric, and then the rule is that of fully_connected. Where b has a zero point the built-in kernel
    runs, which rounds twice, in gemmlowp's fixed point.
    """

    name = "batch_matmul"
    attrs_type = BatchMatmulAttrs
    litert = LiteRT("BATCH_MATMUL", "BatchMatMulOptions", {"adj_x": "adjX", "adj_y": "adjY"})
    onnx = "MatMul"
    kernels = ("batch_matmul_s8", "batch_matmul_fixed_s8", "batch_matmul_f32")
    onnx_bound = 1
    onnx_bound_reason = "rounds once, from float32; LiteRT twice, in fixed point, where b has a zero point"
    constraints = (rank_2_to_5, same_types)

    def infer(self, attrs: BatchMatmulAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        a, b = inputs[0], inputs[1]
        assert a is not None and b is not None
        if len(a.shape) < 2 or len(b.shape) < 2:
            raise GraphError(f"batch_matmul: both operands need two dimensions. Got {a.shape} and {b.shape}.")
        (rows, depth), (depth_b, columns) = _matrix(a.shape, attrs.adj_x), _matrix(b.shape, attrs.adj_y)
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            batch = None
        if batch is None or depth != depth_b:
            raise GraphError(
                f"batch_matmul: inner dimensions must be equal and leading ones broadcast. Got {a.shape}, {b.shape}, "
                f"{attrs}."
            )
        return (TensorType((*batch, rows, columns), a.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        return (self._product(bound, inputs[0], inputs[1]),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        # float64 matrix products are exact for int8 operands and use BLAS
        a, b = (
            x.astype(np.float64) - bound.input(i).type.zero_point for i, x in enumerate(inputs[:2]) if x is not None
        )
        acc = self._product(bound, a, b).astype(np.int32)
        return (requantize(acc, product_scale(bound), bound.output.type.zero_point),)

    def _product(self, bound: BoundNode, a: Array | None, b: Array | None) -> Array:
        assert a is not None and b is not None
        attrs = self.attrs(bound)
        left, right = a.swapaxes(-1, -2) if attrs.adj_x else a, b.swapaxes(-1, -2) if attrs.adj_y else b
        return np.asarray(left @ right)

    def macs(self, bound: BoundNode) -> int:
        return bound.output.type.elements * _matrix(bound.input(0).shape, self.attrs(bound).adj_x)[1]

    def batchable(self, bound: BoundNode) -> bool:
        rank = len(bound.output.shape)
        aligned = all(
            len(t.shape) < rank or t.shape[0] == 1 if t.is_constant else len(t.shape) == rank
            for t in (bound.input(0), bound.input(1))
        )
        return rank > 2 and aligned and super().batchable(bound)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {**super().litert_options(bound), "asymmetricQuantizeInputs": False}

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        values = [
            _operand(onnx, onnx.input(bound, i), len(bound.input(i).shape), swap)
            for i, swap in enumerate((attrs.adj_x, attrs.adj_y))
        ]
        onnx.output(bound, from_nhwc(onnx, onnx.node("MatMul", values), bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs, y = self.attrs(bound), bound.output.shape
        a, b = bound.input(0).shape, bound.input(1).shape
        batch = (1,) * (BATCH_RANK + 2 - len(y)) + y[:-2]
        params: dict[str, ParamValue] = {
            "batch": batch, "batch_a": _batch_strides(a), "batch_b": _batch_strides(b),
            "rows": y[-2], "columns": y[-1], "depth": _matrix(a, attrs.adj_x)[1],
            "row_a": 1 if attrs.adj_x else a[-1], "depth_a": a[-1] if attrs.adj_x else 1,
            "depth_b": 1 if attrs.adj_y else b[-1], "column_b": b[-1] if attrs.adj_y else 1,
        }  # fmt: skip
        args = (Operand(0), Operand(1), Result())
        if not is_int8(bound):
            return KernelCall("batch_matmul_f32", params, args)
        params |= {
            "zero_point_a": bound.input(0).type.zero_point, "zero_point_b": bound.input(1).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
        }  # fmt: skip
        scale = product_scale(bound)
        if bound.input(1).type.zero_point:
            factor, shift = scale.tolist()
            params |= {"multiplier": factor, "shift": shift}
            return KernelCall("batch_matmul_fixed_s8", params, args)
        return KernelCall("batch_matmul_s8", {**params, "scale": scale_param(scale)}, args)


def product_scale(bound: BoundNode) -> Array:
    """The requantisation scale, in fixed point where b has a zero point; see `multiplier`."""
    a, b, y = bound.input(0).type, bound.input(1).type, bound.output.type
    return multiplier(a.scale, b.scale, y.scale, Numerics.TFLM if b.zero_point else bound.numerics)


def _matrix(shape: Shape, swapped: bool) -> tuple[int, int]:
    return (shape[-1], shape[-2]) if swapped else (shape[-2], shape[-1])


def _batch_strides(shape: Shape) -> tuple[int, ...]:
    """Elements between matrices along each of the kernel's three leading dimensions; 0 where one is repeated."""
    strides = tuple(0 if d == 1 else s for d, s in zip(shape, dense_strides(shape), strict=True))[:-2]
    return (0,) * (BATCH_RANK - len(strides)) + strides


def _operand(onnx: OnnxEmitter, value: str, rank: int, swap: bool) -> str:
    """A value in NHWC with its last two dimensions swapped if `swap`."""
    value = nhwc(onnx, value, rank)
    return onnx.node("Transpose", [value], perm=[*range(rank - 2), rank - 1, rank - 2]) if swap else value
