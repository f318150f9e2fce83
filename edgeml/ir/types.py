"""Types of the IR: element types, quantisation and tensor types. Knows no file format."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


class DType(enum.Enum):
    """Element type of a tensor; the value is NumPy's name for it."""

    FLOAT32 = "float32"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self.value)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize


class Numerics(enum.Enum):
    """Whose int8 arithmetic a graph stands for: how an accumulator becomes int8 again.

    LITERT is LiteRT's default interpreter (and ONNX Runtime): one float32 multiplication. TFLM is TensorFlow Lite Micro
    and CMSIS-NN: gemmlowp's fixed-point multiplication, rounded twice. Float32 nodes are the same under both.
    """

    LITERT = "litert"
    TFLM = "tflm"


@dataclass(frozen=True)
class Quantization:
    """Affine quantisation `real = scale * (q - zero_point)`.

    `scale` holds float32 values; one entry for a whole tensor (`axis` is None) or one entry for each
    index of dimension `axis`. `zero_point` has as many entries as `scale`.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int | None = None

    @staticmethod
    def per_tensor(scale: float, zero_point: int) -> Quantization:
        return Quantization((float(np.float32(scale)),), (int(zero_point),))

    @staticmethod
    def per_channel(scale: Array, axis: int) -> Quantization:
        """Symmetric (zero point 0) quantisation with one scale per index of `axis`."""
        scales = tuple(float(s) for s in np.asarray(scale, np.float32).ravel())
        return Quantization(scales, (0,) * len(scales), axis)

    @property
    def scales(self) -> NDArray[np.float32]:
        return np.asarray(self.scale, np.float32)

    @property
    def zero_points(self) -> NDArray[np.int32]:
        return np.asarray(self.zero_point, np.int32)


@dataclass(frozen=True)
class TensorType:
    """Shape, element type and, for integer tensors that stand for reals, quantisation."""

    shape: Shape
    dtype: DType
    quantization: Quantization | None = None

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.elements * self.dtype.size

    @property
    def has_codes(self) -> bool:
        """Whether the elements are codes of real numbers, in int8 or in int16."""
        return self.dtype in (DType.INT8, DType.INT16) and self.quantization is not None

    @property
    def code_range(self) -> tuple[int, int]:
        """Least and greatest code of an integer type."""
        limits = np.iinfo(self.dtype.numpy)
        return int(limits.min), int(limits.max)

    @property
    def scale(self) -> float:
        """Scale of a per-tensor quantised type."""
        return self._one().scale[0]

    @property
    def zero_point(self) -> int:
        """Zero point of a per-tensor quantised type."""
        return self._one().zero_point[0]

    def _one(self) -> Quantization:
        if self.quantization is None or len(self.quantization.scale) != 1:
            raise ValueError(f"{self} is not quantised per tensor")
        return self.quantization


@dataclass(frozen=True)
class Attributes:
    """Base of every operator's attribute record; operators without attributes use it as it is."""
