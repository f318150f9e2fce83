"""Spelling of shared pieces in ONNX: pads, fused activations."""

from __future__ import annotations

import numpy as np

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
