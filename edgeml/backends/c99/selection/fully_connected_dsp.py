"""fully_connected with packed products: 14 instructions for 16 multiplications."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.accesses import SCRATCH, Overlap, margin, remaining
from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import (
    PAIR_LIMIT,
    folded_bias,
    halves_fit,
    largest_sum,
    pad_to,
    paired_bias,
)
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table, is_int8
from edgeml.ops.convolution import conv_scales, weight_zero_point


class FullyConnectedDsp(Kernel):
    """Two channels in one 16-bit half, four channels and four inputs a turn."""

    name = "fully_connected_dsp_s8"
    op = "fully_connected"
    needs = frozenset({"dsp"})

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        w = bound.input(1).data
        if not is_int8(bound) or w is None:
            return "int8 only"
        if weight_zero_point(bound):
            return "the weights have a zero point"
        if not halves_fit(w):
            return "a weight of -128 leaves 16 bits"
        if (largest := largest_sum(bound, (1,))) >= PAIR_LIMIT:
            return f"the sums reach {largest:,}, the limit is {PAIR_LIMIT:,}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        plain = OPS["fully_connected"].kernel(bound)
        w = bound.input(1).data
        assert w is not None
        names = (
            "batches", "input_size", "output_size", "output_zero_point", "activation_min", "activation_max"
        )  # fmt: skip
        params = {name: plain.params[name] for name in names}
        bias = paired_bias(pad_to(folded_bias(bound, (1,)), 0, 4))
        tables = (
            Table("weights", _packed(w)),
            Table("bias", bias),
            Table("scale", conv_scales(bound), "edgeml_scale"),
        )
        scratch = Scratch(2 * (-(-w.shape[1] // 4) * 4))
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()))

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows = bound.output.type.elements // outputs
        return rows * (60 + inputs * 2 + -(-outputs // 4) * (80 + -(-inputs // 4) * 20) + outputs * 14)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        x, y = bound.input(0).type, bound.output.type
        batches, inputs = x.nbytes // bound.input(1).shape[1], bound.input(1).shape[1]
        rows = np.arange(batches)
        # a row is expanded into the scratch, then its outputs written
        output = Overlap(0, 0, margin(remaining(rows * inputs), (rows + 1) * (y.nbytes // batches)))
        if batches > 1:
            return (output,)
        # four bytes are read, then eight written
        fours = np.arange(-(-inputs // 4))
        return output, Overlap(0, SCRATCH, margin(remaining(4 * fours), 8 * (fours + 1)))


def _packed(w: Array) -> Array:
    """(N / 4, K / 4, 4) words; see kernels/fully_connected_dsp_s8.h."""
    rows = pad_to(pad_to(w, 0, 4), 1, 4).astype(np.int32)
    groups = rows.reshape(len(rows) // 4, 2, 2, -1, 2, 2)  # quad, pair, even/odd, four, (01)(23), low/high
    halves = groups[:, :, 0] + 256 * groups[:, :, 1]  # quad, pair, four, k // 2, k % 2
    words = (halves[..., 0, :] & 0xFFFF) | (halves[..., 1, :] << 16)  # quad, pair, four, k % 2
    return np.ascontiguousarray(words.transpose(0, 2, 1, 3)).reshape(len(rows) // 4, -1, 4).astype(np.int32)
