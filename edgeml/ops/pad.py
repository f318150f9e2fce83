"""pad: zeros, or another value, around a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, Quantization, TensorType
from edgeml.ops.base import (
    EXACT,
    QUANTIZED,
    REALS,
    KernelCall,
    LiteRT,
    OnnxEmitter,
    Operand,
    Operator,
    ParamValue,
    Result,
)
from edgeml.ops.elementwise import KERNEL_RANK, rank_at_most_4

PAD = LiteRT("PAD", "PadOptions", {}, {"paddings": 1})
PAD_V2 = LiteRT("PADV2", "PadV2Options", {}, {"paddings": 1, "value": 2})


@dataclass(frozen=True)
class PadAttrs(Attributes):
    """`paddings` holds (before, after) for each dimension of the NHWC layout, `value` the real number to fill with.

    `value` None is a real zero: for int8 the zero point.
    """

    paddings: tuple[tuple[int, int], ...] = ()
    value: float | None = None


class Pad(Operator[PadAttrs]):
    """x of rank 4 at most -> each dimension d grown by before + after.

    int8: the value is the nearest step, half to even, saturated.
    """

    name = "pad"
    attrs_type = PadAttrs
    litert = PAD
    onnx = "Pad"
    tflm = EXACT
    kernels = ("pad_s8", "pad_s16", "pad_f32")
    dtypes = REALS
    same_quantization = True
    onnx_bound_s16 = 0
    constraints = (rank_at_most_4,)

    def infer(self, attrs: PadAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if len(attrs.paddings) != len(x.shape) or any(b < 0 or a < 0 for b, a in attrs.paddings):
            raise GraphError(
                f"pad: needs (before, after) >= 0 for each of {len(x.shape)} dimensions. Got {attrs.paddings}."
            )
        shape = tuple(d + b + a for d, (b, a) in zip(x.shape, attrs.paddings, strict=True))
        return (TensorType(shape, x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        value = np.float32(self.attrs(bound).value or 0)
        return (np.pad(inputs[0], self.attrs(bound).paddings, constant_values=value),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (np.pad(inputs[0], self.attrs(bound).paddings, constant_values=value_code(bound)),)

    reference_s16 = reference_s8

    def litert_spelling(self, bound: BoundNode) -> LiteRT:
        return PAD if self.attrs(bound).value is None else PAD_V2

    def litert_operand(self, bound: BoundNode, attr: str) -> tuple[Array, Quantization | None]:
        if attr == "paddings":
            return super().litert_operand(bound, attr)
        if bound.output.dtype in QUANTIZED:
            return np.array([value_code(bound)], bound.output.dtype.numpy), bound.output.quantization
        return np.array([self.attrs(bound).value], np.float32), None

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> PadAttrs:
        return PadAttrs(tuple((int(b), int(a)) for b, a in operands["paddings"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        paddings = self.attrs(bound).paddings
        rank = len(paddings)
        by_axis = {onnx.axis(rank, i): pair for i, pair in enumerate(paddings)}
        pads = [by_axis[i][0] for i in range(rank)] + [by_axis[i][1] for i in range(rank)]
        args = [onnx.input(bound, 0), onnx.initializer("pads", np.asarray(pads, np.int64))]
        value = self.attrs(bound).value
        if value is not None:
            if bound.output.dtype in QUANTIZED:
                # the step's own value, so that the quantised result is that step for certain
                value = (value_code(bound) - bound.output.type.zero_point) * bound.output.type.scale
            args.append(onnx.initializer("value", np.asarray(value, np.float32)))
        onnx.output(bound, onnx.node("Pad", args))

    def kernel(self, bound: BoundNode) -> KernelCall:
        x, paddings = bound.input(0).shape, self.attrs(bound).paddings
        missing = KERNEL_RANK - len(x)
        params: dict[str, ParamValue] = {
            "shape_in": (1,) * missing + x,
            "before": (0,) * missing + tuple(b for b, _ in paddings),
            "after": (0,) * missing + tuple(a for _, a in paddings),
        }
        if bound.output.dtype not in QUANTIZED:
            value = float(self.attrs(bound).value or 0)
            return KernelCall("pad_f32", {**params, "value": value}, (Operand(0), Result()))
        kernel = f"pad_s{8 * bound.output.dtype.size}"
        return KernelCall(kernel, {**params, "value": value_code(bound)}, (Operand(0), Result()))


def value_code(bound: BoundNode) -> int:
    """The fill value in steps of the quantised output."""
    attrs, y = bound.node.attrs, bound.output.type
    assert isinstance(attrs, PadAttrs)
    if attrs.value is None:
        return y.zero_point
    limits = np.iinfo(y.dtype.numpy)
    steps = np.rint(np.float32(attrs.value) / np.float32(y.scale)) + y.zero_point
    return int(np.clip(steps, limits.min, limits.max))
