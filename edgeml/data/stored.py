"""What the numbers of a data file stand for, and the reals that a model expects instead."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeml.ir import Array, TensorType

# codes: int8 arrays; pixels: 8-bit values that were divided by 255; reals: anything else
Stored = Literal["codes", "pixels", "reals"]

# a scale of about 1 with zero point -128: the model's int8 input is pixel - 128
_PIXEL_SCALE = (0.9, 1.1)
_PIXEL_ZERO_POINT = -128


def as_reals(x: NDArray[np.float32], stored: Stored, type_: TensorType) -> Array:
    """Samples of a data set as the reals of a model input of `type_`; quantising them gives the codes.

    int8 arrays are an int8 model's own codes: exporters of test sets write what the model reads. 8-bit pixels, which
    data sets hold as 0 to 1, are 0 to 255 again where the int8 input stands for just that range. Everything else, and
    everything for a float model, stays as it is.
    """
    if not type_.has_codes:
        return x
    if stored == "codes":
        return np.asarray((x - np.float32(type_.zero_point)) * np.float32(type_.scale), np.float32)
    if stored == "pixels" and takes_pixels(type_):
        return np.asarray(np.rint(x * np.float32(255)), np.float32)
    return x


def takes_pixels(type_: TensorType) -> bool:
    """Whether an int8 input stands for the reals 0 to 255."""
    return type_.zero_point == _PIXEL_ZERO_POINT and _PIXEL_SCALE[0] <= type_.scale <= _PIXEL_SCALE[1]
