"""How operators with int16 activations are written."""

from __future__ import annotations

from typing import Literal, cast, get_args

from edgeml.errors import UsageError

# in integer arithmetic, the same bits in every runtime; or as float operators between DequantizeLinear and
# QuantizeLinear, for tools that read those
Int16Form = Literal["integer", "qdq"]


def check_int16_form(text: str) -> Int16Form:
    """`text` as a form; raises UsageError."""
    if text not in get_args(Int16Form):
        raise UsageError(f"the ONNX form of int16 must be {' or '.join(get_args(Int16Form))}. Got '{text}'.")
    return cast(Int16Form, text)
