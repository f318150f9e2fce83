"""conv_2d with packed products over those fours of weights that are not all zeros."""

from __future__ import annotations

from functools import lru_cache

from edgeml.backends.c99.selection.channels import Channels, prepare
from edgeml.backends.c99.selection.conv_2d_dsp import SHIFT, ordered_weights, scratch_bytes
from edgeml.backends.c99.selection.conv_2d_sparse import SparseConv2DDsp, Spent
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.sparse import Fours, fours
from edgeml.ir import BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.integer_form import tables


class Conv2DSparseDsp(SparseConv2DDsp):
    """Four pixels by a four of weights in 15 instructions; zeros in fours cost nothing."""

    name = "conv_2d_sparse_dsp_s8"
    block, pixel = Spent(29, 15), Spent(26, 14)

    def call(self, bound: BoundNode) -> KernelCall:
        channels, kept = _prepared(bound)
        forms, scales = tables(channels.multiplier, channels.addend, channels.scale)
        records = kept.tables(channels.starts, forms.data)
        args = (Operand(0), *records, scales, Scratch(scratch_bytes(bound)), Result())
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0], channels.note, kept.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        kept = _prepared(bound)[1]
        return self.estimate(bound, len(kept.words), kept.turns)


@lru_cache(maxsize=1)
def _prepared(bound: BoundNode) -> tuple[Channels, Fours]:
    """The call and the estimate ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, Conv2DAttrs)
    channels = prepare(bound, attrs.activation, SHIFT, together=1)
    return channels, fours(ordered_weights(channels.weights))
