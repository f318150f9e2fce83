"""Builtins that know their result when the model is read, because every shape is fixed."""

from __future__ import annotations

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import Array
from edgeml.ops.broadcast_to import BroadcastToAttrs

# what a few bytes of a file may grow to when it is read
MAX_ELEMENTS = 1 << 22


def shape_of(call: Call) -> None:
    """SHAPE(x)."""
    _define(call, np.asarray(call.input(0).shape))


def rank(call: Call) -> None:
    """RANK(x)."""
    _define(call, np.asarray(len(call.input(0).shape)))


def range_(call: Call) -> None:
    """RANGE(start, limit, delta)."""
    start, limit, delta = (call.constant(i).ravel()[0] for i in range(3))
    if delta == 0 or abs((float(limit) - float(start)) / float(delta)) > MAX_ELEMENTS:
        raise UnsupportedError(f"{call.where}: a range {start}, {limit}, {delta} is too long. Use a smaller one.")
    _define(call, np.arange(start, limit, delta))


def zeros_like(call: Call) -> None:
    """ZEROS_LIKE(x): zeros of the type of x, which has no scale."""
    x = call.input(0)
    if x.quantization is not None:
        raise UnsupportedError(f"{call.where}: zeros of a quantised type. Export the model in float32.")
    _small(call, x.type.elements)
    _define(call, np.zeros(x.shape))


def fill(call: Call) -> None:
    """FILL(dims, value): a constant, or one computed value everywhere."""
    value, y = call.input(1), call.output()
    dims = tuple(int(d) for d in call.constant(0).ravel())
    if value.data is None:
        call.draft.node("broadcast_to", [value.name], [y.name], BroadcastToAttrs(dims))
        return
    _small(call, int(np.prod(dims, dtype=np.float64)))
    _define(call, np.full(dims, value.data.ravel()[0]))


def _small(call: Call, elements: int) -> None:
    if elements > MAX_ELEMENTS:
        raise UnsupportedError(
            f"{call.where}: a constant of {elements} elements; at most {MAX_ELEMENTS} are made while a model is read. "
            "Store it in the model."
        )


def _define(call: Call, data: Array) -> None:
    """Give the output its value, in the element type that the file says."""
    call.draft.define(call.output().name, data.astype(call.output().dtype.numpy))
