"""erf: the error function."""

from __future__ import annotations

from edgeml.ir import Array, DType
from edgeml.ops.base import Unsupported
from edgeml.ops.functions import erf
from edgeml.ops.unary import Unary


class Erf(Unary):
    """x of any shape -> the same shape."""

    name = "erf"
    litert = Unsupported("has no builtin for erf")
    onnx = "Erf"
    kernels = ("erf_f32",)
    dtypes = (DType.FLOAT32,)

    def compute(self, x: Array) -> Array:
        return erf(x)
