"""max_pool_2d: largest value of each window."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import EXACT, REALS, LiteRT
from edgeml.ops.common import activation_f32, rank_is, windows
from edgeml.ops.pooling import Pool, padding_below_kernel


class MaxPool2D(Pool):
    """x (1, H, W, C) -> (1, OH, OW, C)."""

    name = "max_pool_2d"
    litert = LiteRT("MAX_POOL_2D", "Pool2DOptions")
    onnx = "MaxPool"
    tflm = EXACT
    dtypes = REALS
    onnx_bound_qdq_s16 = 0
    kernels = ("max_pool_2d_s8", "max_pool_2d_s16", "max_pool_2d_f32")
    same_quantization = True
    constraints = (rank_is(0, 4), padding_below_kernel)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        y = windows(x, attrs.kernel, attrs.stride, attrs.padding, fill=-np.inf).max(axis=(3, 4))
        return (activation_f32(attrs.activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs, x = self.attrs(bound), inputs[0]
        assert x is not None
        y = windows(x, attrs.kernel, attrs.stride, attrs.padding, fill=np.iinfo(x.dtype).min).max(axis=(3, 4))
        low, high = self.bounds_s8(bound)
        return (np.clip(y, low, high).astype(x.dtype),)

    reference_s16 = reference_s8
