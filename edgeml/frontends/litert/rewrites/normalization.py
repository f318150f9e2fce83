"""Normalisation of vectors to length 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import DType
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.reduction import ReduceAttrs

# LiteRT takes 1e-6 for the length of shorter vectors
_SMALLEST_SQUARE = 1e-12


def l2_normalization(call: Call) -> None:
    """L2_NORMALIZATION(x): x / max(sqrt(sum of x * x along the last dimension), 1e-6), float32."""
    x, y, draft = call.input(0), call.output(), call.draft
    if x.dtype is not DType.FLOAT32 or call.options.get("fusedActivationFunction"):
        raise UnsupportedError(
            f"{call.where}: is read in float32 and without a fused activation only. Export that layer in float32."
        )
    last = len(x.shape) - 1
    sums = replace(x.type, shape=(*x.shape[:-1], 1))
    square, total, bounded, inverse = (
        draft.activation(f"{y.name}/{hint}", x.type if hint == "square" else sums)
        for hint in ("square", "sum", "bounded", "inverse")
    )
    smallest = draft.constant(f"{y.name}/smallest", np.full((1,), _SMALLEST_SQUARE, np.float32))
    draft.node("mul", [x.name, x.name], [square], BinaryAttrs())
    draft.node("sum", [square], [total], ReduceAttrs((last,), True))
    draft.node("maximum", [total, smallest], [bounded])
    draft.node("rsqrt", [bounded], [inverse])
    draft.node("mul", [x.name, inverse], [y.name], BinaryAttrs())
