"""prelu: leaky rectifier whose slope is an operand, usually one for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, DType, TensorType
from edgeml.ops.base import LiteRT
from edgeml.ops.elementwise import Elementwise


class PRelu(Elementwise):
    """x, slope that broadcasts to the shape of x -> that shape: x above 0, slope * x below."""

    name = "prelu"
    litert = LiteRT("PRELU", version_int8=1)
    onnx = "PRelu"
    kernels = ("prelu_f32",)
    dtypes = (DType.FLOAT32,)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        (out,) = super().infer(attrs, inputs)
        x = inputs[0]
        assert x is not None
        if out.shape != x.shape:
            raise GraphError(f"prelu: the slope must broadcast to the input. Got {x.shape}, the result is {out.shape}.")
        return (out,)

    def combine(self, a: Array, b: Array) -> Array:
        return np.where(a < 0, a * b, a)
