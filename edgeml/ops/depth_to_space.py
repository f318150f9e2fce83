"""depth_to_space: blocks of channels become blocks of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, Shape, TensorType
from edgeml.ops.base import EXACT, LiteRT, OnnxEmitter, Unsupported
from edgeml.ops.movement import Movement, View


@dataclass(frozen=True)
class BlockAttrs(Attributes):
    """Attributes of depth_to_space and space_to_depth: a block is `block_size` pixels high and wide."""

    block_size: int = 2


# what ONNX Runtime's two block operators move; int8 reaches them as float32
ONNX_RUNTIME_TYPES = (DType.FLOAT32, DType.INT8)
# what LiteRT's two block operators move
_LITERT_TYPES = (DType.FLOAT32, DType.UINT8, DType.INT8, DType.INT32, DType.INT64)


def block_spelling(bound: BoundNode, spelling: LiteRT) -> LiteRT | Unsupported:
    """`spelling` for the element types that LiteRT has in its block operators."""
    dtype = bound.input(0).dtype
    if dtype in _LITERT_TYPES:
        return spelling
    return Unsupported(f"LiteRT's {spelling.builtin} takes no {dtype.value}")


class DepthToSpace(Movement[BlockAttrs]):
    """x (N, H, W, B * B * C) -> (N, H * B, W * B, C); a channel's index is (row in block, column in block, C)."""

    name = "depth_to_space"
    attrs_type = BlockAttrs
    litert = LiteRT("DEPTH_TO_SPACE", "DepthToSpaceOptions", {"block_size": "blockSize"})
    tflm = EXACT
    onnx = "DepthToSpace"

    def infer(self, attrs: BlockAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, b = inputs[0], attrs.block_size
        assert x is not None
        if len(x.shape) != 4 or b < 1 or x.shape[3] % (b * b):
            raise GraphError(
                f"depth_to_space: the input must be NHWC with a multiple of block_size * block_size channels. Got "
                f"{x.shape}, block_size {b}."
            )
        n, h, w, c = x.shape
        return (TensorType((n, h * b, w * b, c // (b * b)), x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        b, (n, h, w, c) = self.attrs(bound).block_size, x.shape
        blocks = x.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(n, h * b, w * b, c // (b * b))

    def view(self, bound: BoundNode) -> View:
        b, (n, h, w, c) = self.attrs(bound).block_size, bound.input(0).shape
        depth = c // (b * b)
        return View((n, h, b, w, b, depth), (h * w * c, w * c, b * depth, c, depth, 1))

    def litert_spelling(self, bound: BoundNode) -> LiteRT | Unsupported:
        return block_spelling(bound, self.litert)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        block = self.attrs(bound).block_size
        value = onnx.input(bound, 0)
        if bound.output.dtype in ONNX_RUNTIME_TYPES:
            onnx.output(bound, onnx.node("DepthToSpace", [value], blocksize=block, mode="DCR"))
            return
        n, h, w, c = bound.input(0).shape
        parts = (n, block, block, c // (block * block), h, w)
        onnx.output(bound, regroup(onnx, value, parts, (0, 3, 4, 1, 5, 2), bound.output.shape))


def regroup(onnx: OnnxEmitter, value: str, parts: Shape, perm: Shape, output: Shape) -> str:
    """A block operator for element types that ONNX Runtime's own does not take; `output` is NHWC."""
    n, h, w, c = output
    value = onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(parts, np.int64))])
    value = onnx.node("Transpose", [value], perm=list(perm))
    return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray((n, c, h, w), np.int64))])
