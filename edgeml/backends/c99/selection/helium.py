"""conv_2d and fully_connected with Helium's dot products of 16 bytes."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.accesses import Overlap, margin, repeated
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.backends.c99.window_accesses import blockwise, first_pixels
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.convolution import conv_scales


class Helium(Weighted):
    """A weighted operator under the litert rule, which Helium computes in float32."""

    needs = frozenset({"mve"})

    def limit(self, bound: BoundNode) -> str:
        return "computes the litert rule" if bound.numerics is not Numerics.LITERT else ""


class Conv2DHelium(Helium):
    """Any convolution with symmetric weights."""

    name = "conv_2d_mve_s8"
    op = "conv_2d"

    def call(self, bound: BoundNode) -> KernelCall:
        w = bound.input(1)
        stream = Table("stream", _stream(bound, (1, 2, 3), pair=2))
        scratch = Scratch(2 * int(np.prod(w.shape[1:])))
        args = (Operand(0), stream, scratch, Result())
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, kh, kw, c = bound.input(1).shape
        pixels = bound.output.type.elements // outputs
        steps = -(-(kh * kw * c) // 16)
        window = 30 if kh * kw == 1 else 60 + kh * (12 + 3 * -(-(kw * c) // 16))
        return pixels * window + -(-pixels // 2) * -(-outputs // 4) * (18 * steps + 40)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        _, kh, kw, inputs = bound.input(1).shape
        if kh * kw > 1:
            # two windows are copied, then their outputs written
            return blockwise(bound, call, 2, ahead=True)
        # pixels are read where they lie, for all channels anew, and two of a row are written meanwhile
        first = first_pixels(call.params)
        lowest = np.minimum.accumulate(first[::-1])[::-1]
        ends = np.minimum(np.arange(len(first)) + 2, len(first))
        most = margin(lowest * inputs, ends * bound.output.shape[-1])
        sizes = (t.type.nbytes // call.repeat for t in (bound.input(0), bound.output))
        return (Overlap(0, 0, repeated(most, call.repeat, *sizes)),)


class FullyConnectedHelium(Helium):
    """Any matrix product with constant symmetric weights."""

    name = "fully_connected_mve_s8"
    op = "fully_connected"

    def call(self, bound: BoundNode) -> KernelCall:
        params = self.params(bound, "input_zero_point")
        return KernelCall(self.name, params, (Operand(0), Table("stream", _stream(bound, (1,), pair=4)), Result()))

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows = bound.output.type.elements // outputs
        return rows * (30 + -(-outputs // 4) * (24 + 10 * -(-inputs // 16)))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # every output reads its whole row of x
        outputs, inputs = bound.input(1).shape
        rows = np.arange(bound.output.type.elements // outputs)
        return (Overlap(0, 0, margin(rows * inputs, (rows + 1) * outputs)),)


def _stream(bound: BoundNode, axes: tuple[int, ...], pair: int) -> Array:
    """int32 words: for each four channels their starting sums and weights, `pair` channels in turn, and four scales."""
    w = bound.input(1).data
    assert w is not None
    rows = pad_to(pad_to(w.reshape(len(w), -1), 1, 16), 0, 4)
    # four channels, part, channel, step, byte -> …, part, step, channel, byte
    parts = rows.reshape(len(rows) // 4, 4 // pair, pair, -1, 16)
    weights = np.ascontiguousarray(parts.swapaxes(2, 3)).reshape(len(parts), 4 // pair, -1).view("<i4")
    start = pad_to(folded_bias(bound, axes), 0, 4).reshape(len(parts), 4 // pair, pair)
    scale = pad_to(conv_scales(bound), 0, 4).reshape(-1, 4).view(np.int32)
    sums = np.concatenate([start, weights], 2).reshape(len(parts), -1)
    return np.concatenate([sums, scale], 1).astype(np.int32).ravel()
