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


@lru_cache(maxsize=1)
def option_names() -> Mapping[int, str]:
    """Union number to the name of the option table; 0 is none."""
    return {v: k for k, v in option_types().items() if v}


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
def element_codes() -> Mapping[str, int]:
    """Name of an element type, as "INT4", to its TensorType number."""
    return _constants(bindings().TensorType)


@lru_cache(maxsize=256)
def dtype_name(code: int) -> str:
    """Name of any TensorType number, for messages."""
    return next((n for n, c in element_codes().items() if c == code), f"type {code}")
