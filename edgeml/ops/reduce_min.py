"""reduce_min: smallest value over axes."""

from __future__ import annotations

from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.reduction import Extreme


class ReduceMin(Extreme):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    name = "reduce_min"
    litert = LiteRT("REDUCE_MIN", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    tflm = EXACT
    onnx = "ReduceMin"
    kind = 3
    function = "min"
