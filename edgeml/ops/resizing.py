"""What the resize operators share: attributes, shape rule, spelling, where outputs lie in the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import Operator


@dataclass(frozen=True)
class ResizeAttrs(Attributes):
    """`size` is the output's (height, width).

    `align_corners` puts the centres of the corner pixels on each other, `half_pixel_centers` the corners of the images.
    """

    size: tuple[int, int] = (1, 1)
    align_corners: bool = False
    half_pixel_centers: bool = False


def one_alignment(bound: BoundNode) -> bool:
    """may have align_corners or half_pixel_centers, not both"""
    attrs = bound.node.attrs
    assert isinstance(attrs, ResizeAttrs)
    return not (attrs.align_corners and attrs.half_pixel_centers)


class Resize(Operator[ResizeAttrs]):
    """x (N, H, W, C) -> (N, *size, C)."""

    attrs_type = ResizeAttrs
    same_quantization = True

    def infer(self, attrs: ResizeAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x = inputs[0]
        assert x is not None
        if len(x.shape) != 4 or min(attrs.size) < 1:
            raise GraphError(f"{self.name}: the input must be NHWC, the size positive. Got {x.shape}, {attrs.size}.")
        return (TensorType((x.shape[0], *attrs.size, x.shape[3]), x.dtype),)

    def litert_version(self, bound: BoundNode) -> int:
        attrs = self.attrs(bound)
        if attrs.half_pixel_centers or (attrs.align_corners and self.name == "resize_nearest_neighbor"):
            return 3
        return 2 if bound.output.dtype is DType.INT8 else 1

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        return {"alignCorners": attrs.align_corners, "halfPixelCenters": attrs.half_pixel_centers}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> ResizeAttrs:
        height, width = (int(n) for n in operands["size"].ravel())
        return ResizeAttrs((height, width), bool(options["alignCorners"]), bool(options["halfPixelCenters"]))


def scale_of(size: int, out: int, attrs: ResizeAttrs) -> np.float32:
    """Input pixels for one output pixel along one dimension."""
    if attrs.align_corners and out > 1:
        return np.float32(np.float32(size - 1) / np.float32(out - 1))
    return np.float32(np.float32(size) / np.float32(out))
