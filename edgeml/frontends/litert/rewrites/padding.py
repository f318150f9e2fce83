"""Builtins that grow a tensor at its borders."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.litert.draft import Call
from edgeml.ops.pad import PadAttrs


def pad_v2(call: Call) -> None:
    """PADV2(x, paddings, value): pad with a value of its own, a scalar in the element type of x."""
    value, paddings = call.input(2), call.constant(1)
    real = float(call.constant(2).ravel()[0])
    if value.quantization is not None:
        real = (real - value.type.zero_point) * value.type.scale
    pairs = tuple((int(b), int(a)) for b, a in paddings)
    call.draft.node("pad", call.inputs[:1], call.outputs, PadAttrs(pairs, float(np.float32(real)) or None))
