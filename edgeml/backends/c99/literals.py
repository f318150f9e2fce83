"""NumPy values as C literals: exact, and wrapped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array

C_TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "bool": "uint8_t",
    "float32": "float",
}
_PER_LINE = {"int8": 24, "uint8": 24, "bool": 24, "int16": 16, "uint16": 16, "int32": 10, "int64": 6, "float32": 6}
_RECORDS_PER_LINE = 5
_INT32_MIN = -(2**31)


def float_literal(value: float) -> str:
    """A float32 value exactly, as a hexadecimal literal; infinities as the macro EDGEML_INFINITY."""
    single = float(np.float32(value))
    if np.isnan(single):
        raise UnsupportedError("a constant is NaN, which C has no literal for. Check the model's weights.")
    if np.isinf(single):
        return "EDGEML_INFINITY" if single > 0 else "-EDGEML_INFINITY"
    if single == int(single) and abs(single) < 2**24:
        return f"{single:.1f}f"
    mantissa, exponent = single.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def int_literal(value: int) -> str:
    """An integer; the most negative int32 has no literal of its own."""
    return f"(-{-value - 1} - 1)" if value == _INT32_MIN else str(value)


def initializer(value: int | float | Sequence[int] | Sequence[float]) -> str:
    """A parameter as it stands in a designated initialiser."""
    if isinstance(value, (Sequence, np.ndarray)):
        return "{" + ", ".join(initializer(v) for v in value) + "}"
    if isinstance(value, (float, np.floating)):
        return float_literal(float(value))
    return int_literal(int(value))


def array_lines(data: Array) -> list[str]:
    """The elements in memory order, as lines of an array initialiser."""
    flat = np.ascontiguousarray(data).ravel()
    values = flat.astype(np.int8).tolist() if flat.dtype == np.bool_ else flat.tolist()
    if flat.dtype.kind == "f":
        texts = [float_literal(v) for v in values]
    elif flat.dtype == np.int8:
        texts = [str(v) for v in values]
    else:
        texts = [int_literal(v) for v in values]
    step = _PER_LINE[flat.dtype.name]
    return [", ".join(texts[i : i + step]) + "," for i in range(0, len(texts), step)]


def record_lines(data: Array) -> list[str]:
    """The rows of `data` (N, fields) as lines of an initialiser for an array of records."""
    texts = [initializer(row) for row in data.tolist()]
    step = _RECORDS_PER_LINE
    return [", ".join(texts[i : i + step]) + "," for i in range(0, len(texts), step)]
