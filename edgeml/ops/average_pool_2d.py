"""average_pool_2d: mean of each window; padding does not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, REALS, LiteRT, OnnxEmitter
from edgeml.ops.common import activation_f32, builtin_activation_range_s8, rank_is, windows
from edgeml.ops.onnx_fixed_point import divided_rounding, saturated
from edgeml.ops.onnx_helpers import reshape
from edgeml.ops.onnx_products_s16 import summed_products
from edgeml.ops.pooling import Pool, PoolAttrs, padding_below_kernel


class AveragePool2D(Pool):
    """x (1, H, W, C) -> (1, OH, OW, C).

    int8: the sum of the quantised values divided by their count in integers, rounded half away from zero; the zero
    point stays where it is because input and output share their quantisation.
    """

    name = "average_pool_2d"
    litert = LiteRT("AVERAGE_POOL_2D", "Pool2DOptions")
    onnx = "AveragePool"
    onnx_options: ClassVar[Mapping[str, Any]] = {"count_include_pad": 0}
    tflm = EXACT
    dtypes = REALS
    kernels = ("average_pool_2d_s8", "average_pool_2d_s16", "average_pool_2d_f32", "average_rows_s8")
    same_quantization = True
    onnx_bound_qdq_s16 = 0
    # no difference is known for smaller windows: `onnx_rounding` decides exact halves as LiteRT does
    onnx_bound = 1
    onnx_bound_reason = "averages in float32: windows of more than about 1,000 elements may round to the other side"
    constraints = (rank_is(0, 4), padding_below_kernel)

    def bounds_s8(self, bound: BoundNode) -> tuple[int, int]:
        return builtin_activation_range_s8(self.attrs(bound).activation, bound.output.type)

    def onnx_rounding(self, bound: BoundNode, onnx: OnnxEmitter, y: str) -> str:
        """Mean codes are multiples of 1 / count: a quarter of that away from zero decides halves and no others."""
        if not bound.output.type.has_codes:
            return y
        type_, (height, width) = bound.input(0).type, self.attrs(bound).kernel
        scale = np.float32(type_.scale)
        code = onnx.node("Add", [y, onnx.initializer("offset", np.asarray(scale * np.float32(type_.zero_point)))])
        step = np.asarray(scale / np.float32(4 * height * width))
        away = onnx.node("Mul", [onnx.node("Sign", [code]), onnx.initializer("step", step)])
        return onnx.node("Add", [y, away])

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        total = windows(x, attrs.kernel, attrs.stride, attrs.padding).sum(axis=(3, 4), dtype=np.float32)
        y = total / _counts(x, attrs).astype(np.float32)
        return (activation_f32(attrs.activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        total = windows(x.astype(np.int32), attrs.kernel, attrs.stride, attrs.padding).sum(axis=(3, 4))
        count = _counts(x, attrs)
        # C's division truncates towards zero; NumPy's floors, hence the detour over the magnitude
        y = np.sign(total) * ((np.abs(total) + count // 2) // count)
        low, high = self.bounds_s8(bound)
        return (np.clip(y, low, high).astype(x.dtype),)

    reference_s16 = reference_s8

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        # a window's sum is the product with ones, for each channel as for an image of its own
        attrs, (n, h, w, c), y = self.attrs(bound), bound.input(0).shape, bound.output.shape
        planes = reshape(onnx, onnx.codes(bound, 0), (n * c, 1, h, w))
        ones = np.ones((1, 1, *attrs.kernel), np.int8)
        total = summed_products(bound, onnx, "ConvInteger", planes, ones, 0, **self.onnx_window(bound))
        count = _counts(np.empty((1, h, w, 1), np.int8), attrs)[0, :, :, 0]
        codes = saturated(onnx, divided_rounding(onnx, total, count), *self.bounds_s8(bound))
        onnx.output_codes(bound, reshape(onnx, codes, (n, c, *y[1:3])))


def _counts(x: Array, attrs: PoolAttrs) -> Array:
    """Elements of the input under each window, (1, OH, OW, 1)."""
    ones = np.ones((1, *x.shape[1:3], 1), np.int32)
    return np.asarray(windows(ones, attrs.kernel, attrs.stride, attrs.padding).sum(axis=(3, 4)), np.int32)
