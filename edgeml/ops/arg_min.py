"""arg_min: index of the smallest value along an axis."""

from __future__ import annotations

from edgeml.ops.arg_max import ArgMax
from edgeml.ops.base import EXACT, LiteRT


class ArgMin(ArgMax):
    """x of rank 1 or more -> indices of the first smallest values, without the axis."""

    name = "arg_min"
    litert = LiteRT("ARG_MIN", "ArgMinOptions", {}, {"axis": 1})
    tflm = EXACT
    onnx = "ArgMin"
    smallest = True
