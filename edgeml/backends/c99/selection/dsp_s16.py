"""int16 activations on cores with DSP instructions: two products an instruction, two channels at a time."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table, is_int16
from edgeml.ops.int16 import sums_fit_int32

# inputs of a group of four as SXTB16 takes their weights apart
_ORDER = (0, 2, 1, 3)


class WeightedDspS16(Kernel):
    """Weights whose sums, by their sizes, fit in 32 bits whatever the activations are."""

    needs = frozenset({"dsp"})

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        if not is_int16(bound) or bound.input(1).data is None:
            return "int16 only"
        return "" if sums_fit_int32(bound) else "sums may leave 32 bits"

    def call(self, bound: BoundNode) -> KernelCall:
        plain = OPS[self.op].kernel(bound)
        scale = next(a for a in plain.args if isinstance(a, Table) and a.name in ("factor", "scale"))
        stream = weight_stream(bound)
        tables = Table("stream", stream), Table("bias", _even_bias(bound)), scale
        scratch = Scratch(2 * self.windows * stream.shape[1] * 4)
        return KernelCall(self.name, plain.params, (Operand(0), *tables, scratch, Result()), plain.repeat)

    # rows of inputs in the scratch memory
    windows = 1


class Conv2DDspS16(WeightedDspS16):
    """Any convolution; the windows of two pixels are copied, but those of one pixel are read in place."""

    name = "conv_2d_dsp_s16"
    op = "conv_2d"
    windows = 2

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, kh, kw, c = bound.input(1).shape
        pixels = bound.output.type.elements // outputs
        inputs = kh * kw * c
        copied = 0 if kh * kw == 1 and c % 4 == 0 else kh * kw * 18 + 2.5 * inputs
        pairs = -(-outputs // 2)
        return int(pixels * (30 + copied + pairs * (2.75 * inputs + 75)))


class FullyConnectedDspS16(WeightedDspS16):
    """Layers with a bias; without one LiteRT rounds in another way."""

    name = "fully_connected_dsp_s16"
    op = "fully_connected"

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        return super().refusal(bound, machine) or ("" if bound.optional(2) is not None else "a bias is missing")

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows = bound.output.type.elements // outputs
        return int(rows * (20 + (8 * inputs if inputs % 4 else 0) + -(-outputs // 2) * (3.75 * inputs + 120)))


def weight_stream(bound: BoundNode) -> Array:
    """int8 (pairs of channels, groups of four inputs, 2, 4); see kernels/conv_2d_dsp_s16.h."""
    data = bound.input(1).data
    assert data is not None
    rows = pad_to(pad_to(data.reshape(len(data), -1), 1, 4), 0, 2)
    pairs = rows.reshape(len(rows) // 2, 2, -1, 4)[..., list(_ORDER)]
    return np.ascontiguousarray(pairs.transpose(0, 2, 1, 3), np.int8)


def _even_bias(bound: BoundNode) -> Array:
    """int32 bias of an even number of channels."""
    bias, outputs = bound.optional(2), bound.output.shape[-1]
    data = np.zeros(outputs, np.int64) if bias is None or bias.data is None else bias.data
    return np.asarray(pad_to(data, 0, 2), np.int32)
