"""reduce_max: largest value over axes."""

from __future__ import annotations

from edgeml.ops.base import EXACT, LiteRT
from edgeml.ops.reduction import Extreme


class ReduceMax(Extreme):
    """x of rank 6 at most -> x without (or with size 1 of) the reduced axes."""

    name = "reduce_max"
    litert = LiteRT("REDUCE_MAX", "ReducerOptions", {"keep_dims": "keepDims"}, {"axes": 1})
    tflm = EXACT
    onnx = "ReduceMax"
    kind = 2
    function = "max"
