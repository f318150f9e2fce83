"""Spelling of shared pieces in ONNX: pads, fused activations."""

from __future__ import annotations

import numpy as np

from edgeml.ir import BoundNode, DType, Shape
from edgeml.ops.base import OnnxEmitter, is_int8
from edgeml.ops.common import Activation, Padding, activation_range, activation_range_s8, builtin_activation_range_s8


def onnx_pads(padding: Padding) -> list[int]:
    """(top, bottom, left, right) as ONNX's [top, left, bottom, right]."""
    top, bottom, left, right = padding
    return [top, left, bottom, right]


def emit_activation(onnx: OnnxEmitter, bound: BoundNode, value: str, activation: Activation) -> str:
    """Append the fused activation of `bound` as a node of its own; returns the value to use.

    An int8 output often needs no node: QuantizeLinear saturates. Where the bounds lie inside the int8 range, the
    value is rounded to the output's grid first, so that a runtime can fuse the integer operator before it.
    """
    if activation is Activation.NONE:
        return value
    if bound.output.dtype is DType.INT32:
        limits = (int(np.clip(v, -(2**31), 2**31 - 1)) for v in activation_range(activation))
        return onnx.node("Clip", [value, *(onnx.initializer("bound", np.asarray(v, np.int32)) for v in limits)])
    if not bound.output.type.has_codes:
        if activation is Activation.RELU:
            return onnx.node("Relu", [value])
        return _clip(onnx, value, *activation_range(activation))
    type_ = bound.output.type
    low, high = (activation_range_s8 if is_int8(bound) else builtin_activation_range_s8)(activation, type_)
    if (low, high) == type_.code_range:
        return value
    scale, zero_point = np.float32(bound.output.type.scale), bound.output.type.zero_point
    bounds = [float(np.float32(q - zero_point) * scale) for q in (low, high)]
    return _clip(onnx, onnx.quantized(bound, value), *bounds)


def _clip(onnx: OnnxEmitter, value: str, low: float, high: float) -> str:
    bounds = [onnx.initializer("bound", np.asarray(b, np.float32)) for b in (low, high)]
    return onnx.node("Clip", [value, *bounds])


def to_nhwc(onnx: OnnxEmitter, value: str, shape: Shape) -> str:
    """An activation of NHWC `shape` from the ONNX layout into NHWC order; other ranks stay as they are.

    No node is needed where both orders are the same bytes and only a reshape follows: one channel, or 1x1 pixels.
    """
    if len(shape) != 4 or shape[3] == 1 or shape[1] * shape[2] == 1:
        return value
    return onnx.node("Transpose", [value], perm=[0, 2, 3, 1])


def from_nhwc(onnx: OnnxEmitter, value: str, shape: Shape) -> str:
    """A value in NHWC order and `shape` into the ONNX layout (rank 4: NCHW)."""
    return onnx.node("Transpose", [value], perm=[0, 3, 1, 2]) if len(shape) == 4 else value


def nhwc(onnx: OnnxEmitter, value: str, rank: int) -> str:
    """A value from the ONNX layout into NHWC, its shape too; other ranks than 4 stay as they are."""
    return onnx.node("Transpose", [value], perm=[0, 2, 3, 1]) if rank == 4 else value


def reshape(onnx: OnnxEmitter, value: str, shape: Shape) -> str:
    """A value in NHWC order with another shape."""
    return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])
