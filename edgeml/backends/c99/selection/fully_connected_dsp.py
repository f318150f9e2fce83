"""fully_connected with packed products: 14 instructions for 16 multiplications."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edgeml.backends.c99.accesses import SCRATCH, Overlap, margin, remaining
from edgeml.backends.c99.selection.channels import Channels, pair_words, prepare
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import pad_to
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.fully_connected import FullyConnectedAttrs


class FullyConnectedDsp(Weighted):
    """Two channels in one 16-bit half, four channels and four inputs a turn."""

    name = "fully_connected_dsp_s8"
    op = "fully_connected"
    needs = frozenset({"dsp"})
    wide = False

    def limit(self, bound: BoundNode) -> str:
        return "" if self.wide else prepared(bound).narrow_refusal(bound.numerics)

    def call(self, bound: BoundNode) -> KernelCall:
        channels, params = prepared(bound), self.params(bound, "input_zero_point")
        factors = channels.pair_factors(bound.numerics, self.wide).astype(np.int32).reshape(-1, 8)
        alike = bool((factors == factors[0]).all())
        params.update(shift=channels.shift, factors_step=0 if alike else 8)
        tables = Table("stream", _stream(channels, self.wide)), Table("factors", factors[:1] if alike else factors)
        scratch = Scratch(2 * (-(-channels.weights.shape[1] // 4) * 4))
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()), note=channels.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows, fours = bound.output.type.elements // outputs, -(-inputs // 4)
        quads, left = divmod(outputs, 4)
        turn = 18 if self.wide else 14
        quad = 34 + turn * fours + 2 * -(-fours // 8)
        return rows * (90 + 9 * fours + quads * quad + (left > 0) * (80 + 30 * fours + 20 * left))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return row_accesses(bound)


class FullyConnectedDspWide(FullyConnectedDsp):
    """Any symmetric weights."""

    name = "fully_connected_dsp_wide_s8"
    wide = True


@lru_cache(maxsize=1)
def prepared(bound: BoundNode) -> Channels:
    """The node's channels; all kernels of this kind ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, FullyConnectedAttrs)
    return prepare(bound, attrs.activation, together=4)


def row_accesses(bound: BoundNode) -> tuple[Overlap, ...]:
    """For kernels that expand a row of x into the scratch, then write its outputs."""
    x, y = bound.input(0).type, bound.output.type
    batches, inputs = x.nbytes // bound.input(1).shape[1], bound.input(1).shape[1]
    rows = np.arange(batches)
    output = Overlap(0, 0, margin(remaining(rows * inputs), (rows + 1) * (y.nbytes // batches)))
    if batches > 1:
        return (output,)
    # four bytes are read, then eight written
    fours = np.arange(-(-inputs // 4))
    return output, Overlap(0, SCRATCH, margin(remaining(4 * fours), 8 * (fours + 1)))


def _stream(channels: Channels, wide: bool) -> Array:
    """int32 (N / 4, 4 + K); see kernels/fully_connected_dsp_s8.h."""
    words = pair_words(pad_to(channels.weights, 1, 4), wide)
    quads = len(words) // 2
    turns = words.reshape(quads, 2, -1, 2).transpose(0, 2, 1, 3)  # four channels, four inputs, pair, k % 2
    parts = (channels.pair_starts(wide), turns)
    return np.concatenate([p.reshape(quads, -1) for p in parts], 1).astype(np.int32)
