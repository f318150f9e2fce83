"""reduce_prod: product over axes."""

from __future__ import annotations

from edgeml.ir import DType
from edgeml.ops.base import LiteRT
from edgeml.ops.reduction import Reduction


class ReduceProd(Reduction):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    name = "reduce_prod"
    litert = LiteRT("REDUCE_PROD", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    onnx = "ReduceProd"
    kind = 4
    function = "prod"
    kernels = ("reduce_f32",)
    # int8 products need a multiplier for each factor, which no model is known to use
    dtypes = (DType.FLOAT32, DType.INT32, DType.INT64)
