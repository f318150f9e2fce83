"""resize_nearest_neighbor: an image of another size by the nearest pixel."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, DType
from edgeml.ops.base import EXACT, KernelCall, LiteRT, OnnxEmitter
from edgeml.ops.indexed import indexed_copy
from edgeml.ops.movement import same_element_type
from edgeml.ops.resizing import Resize, ResizeAttrs, one_alignment, scale_of


class ResizeNearestNeighbor(Resize):
    """x (N, H, W, C) of any element type -> (N, *size, C)."""

    name = "resize_nearest_neighbor"
    litert = LiteRT("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", {}, {"size": 1})
    tflm = EXACT
    onnx = "Resize"
    kernels = ("indexed_copy_any",)
    dtypes = tuple(DType)
    constraints = (same_element_type, one_alignment)

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        rows, columns = (nearest(n, out, attrs) for n, out in zip(x.shape[1:3], attrs.size, strict=True))
        return (x[:, rows][:, :, columns],)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, (_, h, w, _), (n, oh, ow, c) = self.attrs(bound), bound.input(0).shape, bound.output.shape
        value = onnx.input(bound, 0)
        if oh % h == 0 and ow % w == 0 and not attrs.align_corners:
            # every pixel becomes a block of pixels, whatever the rounding
            sizes = onnx.initializer("sizes", np.asarray((n, c, oh, ow), np.int64))
            options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            onnx.output(bound, onnx.node("Resize", [value, "", "", sizes], **options))
            return
        # runtimes round places between two pixels in their own ways: say which pixel is meant
        for axis, size, out in ((1, h, oh), (2, w, ow)):
            indices = onnx.initializer("indices", nearest(size, out, attrs))
            value = onnx.node("Gather", [value, indices], axis=onnx.axis(4, axis))
        onnx.output(bound, value)

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs, (n, h, w, c) = self.attrs(bound), bound.input(0).shape
        rows, columns = nearest(h, attrs.size[0], attrs), nearest(w, attrs.size[1], attrs)
        return indexed_copy((n, h, w, c), (np.arange(n), rows, columns, np.arange(c)), bound.output.dtype)


def nearest(size: int, out: int, attrs: ResizeAttrs) -> Array:
    """For each of `out` outputs the input that it is, int64 (`GetNearestNeighbor` of LiteRT)."""
    place = np.arange(out, dtype=np.float32)
    if attrs.half_pixel_centers:
        place = place + np.float32(0.5)
    place = place * scale_of(size, out, attrs)
    # half away from zero, of values that are not negative
    found = np.floor(place + np.float32(0.5)) if attrs.align_corners else np.floor(place)
    return np.clip(found, 0, size - 1).astype(np.int64)
