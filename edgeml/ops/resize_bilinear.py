"""resize_bilinear: an image of another size by linear interpolation."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Result, Table, is_int8
from edgeml.ops.resizing import Resize, ResizeAttrs, one_alignment, scale_of


class ResizeBilinear(Resize):
    """x (N, H, W, C) -> (N, *size, C).

    int8: weights are multiples of 1/2048, half to even, and the sum of the four neighbours is rounded half up
    (XNNPACK's `ibilinear`).
    """

    name = "resize_bilinear"
    litert = LiteRT("RESIZE_BILINEAR", "ResizeBilinearOptions", {}, {"size": 1})
    onnx = "Resize"
    kernels = ("resize_bilinear_s8", "resize_bilinear_f32")
    onnx_bound = 1
    onnx_bound_reason = "interpolates in float32, LiteRT with weights of 11 bits"
    constraints = (one_alignment,)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        above_left, above_right, below_left, below_right, u, v = self._corners(bound, inputs[0])
        above = above_left + (above_right - above_left) * u
        below = below_left + (below_right - below_left) * u
        return ((above + (below - above) * v).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        above_left, above_right, below_left, below_right, u, v = self._corners(bound, inputs[0].astype(np.int32))
        u, v = steps(u), steps(v)
        above = above_left * 2048 + (above_right - above_left) * u
        below = below_left * 2048 + (below_right - below_left) * u
        return (((above * 2048 + (below - above) * v + (1 << 21)) >> 22).astype(np.int8),)

    def _corners(self, bound: BoundNode, x: Array | None) -> tuple[Array, ...]:
        """The four neighbours of each output, and how far it is from the first along width and height."""
        assert x is not None
        attrs, (_, h, w, _) = self.attrs(bound), x.shape
        (top, bottom, v), (left, right, u) = neighbours(h, attrs.size[0], attrs), neighbours(w, attrs.size[1], attrs)
        above, below = x[:, top], x[:, bottom]
        corners = above[:, :, left], above[:, :, right], below[:, :, left], below[:, :, right]
        return (*corners, u[:, None], v[:, None, None])

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs, (n, h, w, c) = self.attrs(bound), bound.output.shape
        mode = "align_corners" if attrs.align_corners else "half_pixel" if attrs.half_pixel_centers else "asymmetric"
        sizes = onnx.initializer("sizes", np.asarray((n, c, h, w), np.int64))
        args = [onnx.input(bound, 0), "", "", sizes]
        onnx.output(bound, onnx.node("Resize", args, mode="linear", coordinate_transformation_mode=mode))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs, (n, h, w, c) = self.attrs(bound), bound.input(0).shape
        params = {
            "batches": n, "input_size": h * w * c,
            "output_h": attrs.size[0], "output_w": attrs.size[1], "channels": c,
        }  # fmt: skip
        offsets, weights = [], []
        for name, size, out, step in (("row", h, attrs.size[0], w * c), ("column", w, attrs.size[1], c)):
            before, after, fraction = neighbours(size, out, attrs)
            offsets.append(Table(f"{name}s", np.stack([before, after], axis=1).astype(np.int32) * np.int32(step)))
            weights.append(Table(f"{name}_weights", steps(fraction) if is_int8(bound) else fraction))
        kernel = "resize_bilinear_s8" if is_int8(bound) else "resize_bilinear_f32"
        return KernelCall(kernel, params, (Operand(0), *offsets, *weights, Result()))


def neighbours(size: int, out: int, attrs: ResizeAttrs) -> tuple[Array, Array, Array]:
    """For each of `out` outputs the inputs before and after it, and its float32 distance from the first."""
    place = np.arange(out, dtype=np.float32)
    scale = scale_of(size, out, attrs)
    centre = np.float32(0.5 if attrs.half_pixel_centers else 0)
    place = (place + centre) * scale - centre
    place = np.clip(place, np.float32(0), np.float32(size - 1))
    before = np.floor(place).astype(np.int64)
    return before, np.minimum(before + 1, size - 1), place - before.astype(np.float32)


def steps(fraction: Array) -> Array:
    """float32 fractions as int32 multiples of 1/2048."""
    return np.rint(fraction * np.float32(2048)).astype(np.int32)
