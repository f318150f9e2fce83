"""What a layer with weights reads in the float and in the int8 graph, and what it gives in reals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Tensor, TensorType
from edgeml.ops.common import Activation, activation_f32
from edgeml.quantize.codes import dequantize_output, real_tensor
from edgeml.quantize.repairs import held_out
from edgeml.quantize.walk import evaluate


@dataclass(frozen=True, eq=False)
class LayerSamples:
    """Samples of the node `exact` of a float graph: it reads `x` and gives `wanted` before its fused activation; its
    int8 twin reads codes that stand for `seen`. All float32 (N, …)."""

    exact: BoundNode
    x: Array
    seen: Array
    wanted: Array

    @classmethod
    def of(cls, exact: BoundNode, x: Array, int8: BoundNode, codes: Array) -> LayerSamples:
        """What the nodes `exact` and `int8` read, x float32 and int8 or int16 codes (N, …); the float node runs."""
        return cls(exact, x, dequantize_output(codes, int8.input(0).type), linear(exact, x))

    @cached_property
    def output(self) -> Array:
        """What the float node gives, with its activation."""
        return self._activated(self.wanted)

    @property
    def held(self) -> Array:
        """Which samples correct nothing, bool (N,)."""
        return held_out(len(self.x))

    @property
    def judges(self) -> Array:
        """Which samples judge, bool (N,): those held out, or all where there are too few."""
        return self.held if self.held.any() else np.ones(len(self.x), bool)

    def got(self, int8: BoundNode) -> Array:
        """What weights and bias of the int8 node give, in reals, without requantisation or activation."""
        return linear(in_reals(int8), self.seen)

    def error(self, got: Array, offset: Array) -> Array:
        """Squared error of each channel on the judging samples, float64 (channels,), of `got` and an `offset`."""
        reached = self._activated(got[self.judges] + offset.astype(np.float32))
        difference = (reached - self.output[self.judges]).reshape(-1, reached.shape[-1])
        return np.asarray(np.square(difference).sum(axis=0, dtype=np.float64))

    def _activated(self, y: Array) -> Array:
        attrs: Any = self.exact.node.attrs
        return activation_f32(attrs.activation, y)


def linear(bound: BoundNode, x: Array) -> Array:
    """The result of a float32 node with weights before its fused activation, for x (N, …)."""
    attrs: Any = bound.node.attrs
    plain = replace(bound, node=replace(bound.node, attrs=replace(attrs, activation=Activation.NONE)))
    args = (x, *(t.data if t is not None else None for t in bound.inputs[1:]))
    return evaluate(plain, args)[0]


def in_reals(bound: BoundNode) -> BoundNode:
    """The int8 node in float32, with the reals that its constants stand for."""
    tensors = [real_tensor(t) if t is not None else None for t in bound.inputs]
    out = Tensor(bound.output.name, TensorType(bound.output.shape, DType.FLOAT32))
    return replace(bound, inputs=tuple(tensors), outputs=(out,))


def channel_mean(error: Array) -> Array:
    """Mean over samples and positions, float64 (channels,)."""
    return np.asarray(error.reshape(-1, error.shape[-1]).mean(axis=0, dtype=np.float64))
