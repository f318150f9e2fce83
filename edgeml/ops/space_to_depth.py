"""space_to_depth: blocks of pixels become blocks of channels."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.errors import GraphError
from edgeml.ir import Array, BoundNode, TensorType
from edgeml.ops.base import EXACT, LiteRT, OnnxEmitter, Unsupported
from edgeml.ops.depth_to_space import ONNX_RUNTIME_TYPES, BlockAttrs, block_spelling, regroup
from edgeml.ops.movement import Movement, View


class SpaceToDepth(Movement[BlockAttrs]):
    """x (N, H * B, W * B, C) -> (N, H, W, B * B * C), the inverse of depth_to_space."""

    name = "space_to_depth"
    attrs_type = BlockAttrs
    litert = LiteRT("SPACE_TO_DEPTH", "SpaceToDepthOptions", {"block_size": "blockSize"})
    tflm = EXACT
    onnx = "SpaceToDepth"

    def infer(self, attrs: BlockAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, b = inputs[0], attrs.block_size
        assert x is not None
        if len(x.shape) != 4 or b < 1 or x.shape[1] % b or x.shape[2] % b:
            raise GraphError(
                f"space_to_depth: the input must be NHWC with height and width multiples of block_size. Got {x.shape}, "
                f"block_size {b}."
            )
        n, h, w, c = x.shape
        return (TensorType((n, h // b, w // b, c * b * b), x.dtype),)

    def move(self, bound: BoundNode, x: Array) -> Array:
        b, (n, h, w, c) = self.attrs(bound).block_size, x.shape
        blocks = x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(n, h // b, w // b, b * b * c)

    def view(self, bound: BoundNode) -> View:
        b, (n, h, w, c) = self.attrs(bound).block_size, bound.input(0).shape
        return View((n, h // b, w // b, b, b, c), (h * w * c, b * w * c, b * c, w * c, c, 1))

    def litert_spelling(self, bound: BoundNode) -> LiteRT | Unsupported:
        return block_spelling(bound, self.litert)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        block = self.attrs(bound).block_size
        value = onnx.input(bound, 0)
        if bound.output.dtype in ONNX_RUNTIME_TYPES:
            onnx.output(bound, onnx.node("SpaceToDepth", [value], blocksize=block))
            return
        n, h, w, c = bound.input(0).shape
        parts = (n, c, h // block, block, w // block, block)
        onnx.output(bound, regroup(onnx, value, parts, (0, 3, 5, 1, 2, 4), bound.output.shape))
