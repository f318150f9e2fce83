"""Spelling of shared pieces in ONNX: pads, fused activations."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Shape
from edgeml.ops.base import OnnxEmitter
from edgeml.ops.common import Activation, Padding, activation_range


def onnx_pads(padding: Padding) -> list[int]:
    """(top, bottom, left, right) as ONNX's [top, left, bottom, right]."""
    top, bottom, left, right = padding
    return [top, left, bottom, right]


def emit_activation(onnx: OnnxEmitter, value: str, activation: Activation) -> str:
    """Append the fused activation as a node of its own; returns the value to use."""
    if activation is Activation.NONE:
        return value
    if activation is Activation.RELU:
        return onnx.node("Relu", [value])
    low, high = activation_range(activation)
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
