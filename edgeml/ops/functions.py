"""Functions that NumPy lacks."""

from __future__ import annotations

import math

import numpy as np

from edgeml.ir import Array

_ERF = np.frompyfunc(math.erf, 1, 1)
_ERFC = np.frompyfunc(math.erfc, 1, 1)


def erf(x: Array) -> Array:
    """The error function, evaluated in float64; the result has the type of `x`."""
    return np.asarray(_ERF(x), x.dtype)


def erfc(x: Array) -> Array:
    """1 - erf(x) without cancellation."""
    return np.asarray(_ERFC(x), x.dtype)
