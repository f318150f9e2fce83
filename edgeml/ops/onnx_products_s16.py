"""Sums of int16 codes times int8 weights in ONNX's integer operators, whose operands have eight bits.

A code is `256 * upper + lower`: two sums, exact in int32, make one. All operands are uint8 with a zero point, because
some x86 processors saturate the sums of two products of uint8 and int8.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import OnnxEmitter
from edgeml.ops.int16 import LOW
from edgeml.ops.onnx_fixed_point import INT32, INT64, UINT8, cast

_ZERO_POINT = 128


def summed_products(
    bound: BoundNode, onnx: OnnxEmitter, op_type: str, x: str, weights: Array, axis: int, **attributes: Any
) -> str:
    """int64 sums by ConvInteger or MatMulInteger (`op_type`) of int16 `x` and int8 `weights`, outputs along `axis`.

    Raises UnsupportedError where 32 bits cannot hold one of the two sums.
    """
    others = tuple(i for i in range(weights.ndim) if i != axis)
    largest = int(np.abs(weights.astype(np.int64)).sum(others).max())
    if largest * 255 >= 2**31:
        raise UnsupportedError(
            f"{bound.node.op} '{bound.name}': the magnitudes of an output's weights must add up to less than 2^31 / "
            f"255, so that ONNX's integer operators can hold its sums. Got {largest}. Export ONNX with int16 as QDQ, "
            "or use the LiteRT or C export."
        )
    w = onnx.initializer("weights", (weights.astype(np.int16) + _ZERO_POINT).astype(np.uint8))
    zero = onnx.initializer("zero_point", np.asarray(_ZERO_POINT, np.uint8))
    none = onnx.initializer("zero_point", np.asarray(0, np.uint8))
    # the lower byte, and the upper one with 128 more
    lower, positive = cast(onnx, x, UINT8), onnx.node("Add", [cast(onnx, x, INT32), _int32(onnx, -LOW)])
    upper = cast(onnx, onnx.node("Div", [positive, _int32(onnx, 256)]), UINT8)
    fine = onnx.node(op_type, [lower, w, none, zero], **attributes)
    coarse = onnx.node(op_type, [upper, w, zero, zero], **attributes)
    if largest * -LOW < 2**31:
        total = onnx.node("Add", [onnx.node("Mul", [coarse, _int32(onnx, 256)]), fine])
        return cast(onnx, total, INT64)
    steps = onnx.initializer("integer", np.asarray(256, np.int64))
    return onnx.node("Add", [onnx.node("Mul", [cast(onnx, coarse, INT64), steps]), cast(onnx, fine, INT64)])


def _int32(onnx: OnnxEmitter, value: int) -> str:
    return onnx.initializer("integer", np.asarray(value, np.int32))
