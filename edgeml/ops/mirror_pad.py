"""mirror_pad: a border that mirrors the tensor."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter, Operator
from edgeml.ops.elementwise import rank_at_most_4
from edgeml.ops.indexed import indexed_copy
from edgeml.ops.movement import same_element_type


class MirrorMode(enum.Enum):
    """Whether the border begins beside the outermost element or with it; the value is LiteRT's MirrorPadMode."""

    REFLECT = 0
    SYMMETRIC = 1


@dataclass(frozen=True)
class MirrorPadAttrs(Attributes):
    """`paddings` holds (before, after) for each dimension of the NHWC layout."""

    paddings: tuple[tuple[int, int], ...] = ()
    mode: MirrorMode = MirrorMode.REFLECT


class MirrorPad(Operator[MirrorPadAttrs]):
    """x of rank 4 at most and of any element type -> each dimension grown by before + after."""

    name = "mirror_pad"
    attrs_type = MirrorPadAttrs
    litert = LiteRT("MIRROR_PAD", "MirrorPadOptions", {}, {"paddings": 1})
    tflm = EXACT
    onnx = "Pad"
    kernels = ("indexed_copy_any",)
    dtypes = tuple(DType)
    same_quantization = True
    constraints = (rank_at_most_4, same_element_type)

    def infer(self, attrs: MirrorPadAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        less = 1 if attrs.mode is MirrorMode.REFLECT else 0
        fits = len(attrs.paddings) == len(x.shape) and all(
            min(pair) >= 0 and max(pair) <= n - less for n, pair in zip(x.shape, attrs.paddings, strict=True)
        )
        if not fits:
            raise GraphError(
                f"mirror_pad: needs (before, after) for each of {len(x.shape)} dimensions, no more than there is to "
                f"mirror. Got {x.shape}, {attrs}."
            )
        shape = tuple(d + b + a for d, (b, a) in zip(x.shape, attrs.paddings, strict=True))
        return (TensorType(shape, x.dtype),)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        return (np.pad(x, attrs.paddings, mode="reflect" if attrs.mode is MirrorMode.REFLECT else "symmetric"),)

    def batchable(self, bound: BoundNode) -> bool:
        return not any(self.attrs(bound).paddings[0]) and super().batchable(bound)

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        return {"mode": self.attrs(bound).mode.value}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> MirrorPadAttrs:
        pairs = tuple((int(b), int(a)) for b, a in operands["paddings"])
        return MirrorPadAttrs(pairs, MirrorMode(options["mode"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        value, rank = onnx.input(bound, 0), len(bound.output.shape)
        # ONNX mirrors without the outermost element only: say which elements are meant
        for i, (pair, indices) in enumerate(zip(self.attrs(bound).paddings, _indices(bound), strict=True)):
            if any(pair):
                value = onnx.node("Gather", [value, onnx.initializer("indices", indices)], axis=onnx.axis(rank, i))
        onnx.output(bound, value)

    def kernel(self, bound: BoundNode) -> KernelCall:
        return indexed_copy(bound.input(0).shape, _indices(bound), bound.output.dtype)


def _indices(bound: BoundNode) -> list[Array]:
    """For each dimension the input's index of each output, int64."""
    attrs = bound.node.attrs
    assert isinstance(attrs, MirrorPadAttrs)
    mode = "reflect" if attrs.mode is MirrorMode.REFLECT else "symmetric"
    pairs = zip(bound.input(0).shape, attrs.paddings, strict=True)
    return [np.pad(np.arange(n), pair, mode=mode) for n, pair in pairs]  # type: ignore[call-overload]
