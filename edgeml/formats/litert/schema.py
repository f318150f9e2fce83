"""Names and numbers of the .tflite schema, from the generated bindings of ai-edge-litert."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from edgeml.extras import require
from edgeml.ir import DType

FILE_IDENTIFIER = b"TFL3"
# BuiltinOperator values from this one on do not fit the original int8 field
PLACEHOLDER_FOR_GREATER_OP_CODES = 127


@lru_cache(maxsize=1)
def bindings() -> Any:
    """The generated module; imported late because it is large."""
    return require("ai_edge_litert.schema_py_generated", "core")


def _constants(enum: Any) -> dict[str, int]:
    return {k: v for k, v in vars(enum).items() if not k.startswith("_") and isinstance(v, int)}


@lru_cache(maxsize=1)
def builtin_codes() -> Mapping[str, int]:
    """Operator name, as "CONV_2D", to its number."""
    return _constants(bindings().BuiltinOperator)


@lru_cache(maxsize=1)
def builtin_names() -> Mapping[int, str]:
    """Operator number to its name."""
    return {v: k for k, v in builtin_codes().items()}


@lru_cache(maxsize=1)
def option_types() -> Mapping[str, int]:
    """Option table name, as "Conv2DOptions", to its union number."""
    return _constants(bindings().BuiltinOptions)


DTYPE_NAMES: Mapping[DType, str] = {
    DType.FLOAT32: "FLOAT32",
    DType.INT8: "INT8",
    DType.UINT8: "UINT8",
    DType.INT16: "INT16",
    DType.INT32: "INT32",
    DType.INT64: "INT64",
    DType.BOOL: "BOOL",
}


@lru_cache(maxsize=1)
def dtype_codes() -> Mapping[DType, int]:
    """Element type to TensorType number."""
    codes = _constants(bindings().TensorType)
    return {dtype: codes[name] for dtype, name in DTYPE_NAMES.items()}


def dtype_of(code: int) -> DType | None:
    """Element type of a TensorType number; None when edgeml has no such type."""
    return next((d for d, c in dtype_codes().items() if c == code), None)


def dtype_name(code: int) -> str:
    """Name of any TensorType number, for messages."""
    return next((n for n, c in _constants(bindings().TensorType).items() if c == code), f"type {code}")
