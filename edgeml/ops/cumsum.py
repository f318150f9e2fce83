"""cumsum: running sums along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result


@dataclass(frozen=True)
class CumsumAttrs(Attributes):
    """`axis` of the NHWC layout; `exclusive` sums leave their own element out; `reverse` ones start at the end."""

    axis: int = 0
    exclusive: bool = False
    reverse: bool = False


class Cumsum(Operator[CumsumAttrs]):
    """x of rank 1 or more -> the same shape."""

    name = "cumsum"
    attrs_type = CumsumAttrs
    litert = LiteRT("CUMSUM", "CumsumOptions", {"exclusive": "exclusive", "reverse": "reverse"}, {"axis": 1})
    onnx = "CumSum"
    kernels = ("cumsum_f32",)
    dtypes = (DType.FLOAT32,)

    def infer(self, attrs: CumsumAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if not 0 <= attrs.axis < len(x.shape):
            raise GraphError(f"cumsum: the axis must be within the input. Got {x.shape}, axis {attrs.axis}.")
        return (TensorType(x.shape, x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        wide = np.flip(x, attrs.axis) if attrs.reverse else x
        sums = np.cumsum(wide, axis=attrs.axis, dtype=np.float32)
        if attrs.exclusive:
            sums = np.insert(np.delete(sums, -1, attrs.axis), 0, 0, attrs.axis)
        return (np.flip(sums, attrs.axis) if attrs.reverse else sums,)

    def batchable(self, bound: BoundNode) -> bool:
        return self.attrs(bound).axis != 0 and super().batchable(bound)

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> CumsumAttrs:
        axis = int(operands["axis"].ravel()[0])
        axis += len(outputs[0].shape) if axis < 0 else 0
        return CumsumAttrs(axis, bool(options["exclusive"]), bool(options["reverse"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        axis = np.asarray(onnx.axis(len(bound.output.shape), attrs.axis), np.int64)
        args = [onnx.input(bound, 0), onnx.initializer("axis", axis)]
        onnx.output(bound, onnx.node("CumSum", args, exclusive=int(attrs.exclusive), reverse=int(attrs.reverse)))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs, shape = self.attrs(bound), bound.output.shape
        params = {
            "outer": int(np.prod(shape[: attrs.axis], dtype=np.int64)),
            "size": shape[attrs.axis],
            "inner": int(np.prod(shape[attrs.axis + 1 :], dtype=np.int64)),
            "exclusive": int(attrs.exclusive),
            "reverse": int(attrs.reverse),
        }
        return KernelCall("cumsum_f32", params, (Operand(0), Result()))
