"""conv_2d with packed products over those fours of weights that are not all zeros."""

from __future__ import annotations

from functools import lru_cache

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.channels import Channels, prepare
from edgeml.backends.c99.selection.conv_2d_dsp import SHIFT, ordered_weights, scratch_bytes, window_instructions
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.sparse import Fours, fours
from edgeml.backends.c99.window_accesses import blockwise
from edgeml.ir import BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.integer_form import tables


class Conv2DSparseDsp(Weighted):
    """Four pixels by a four of weights in 15 instructions; zeros in fours cost nothing."""

    name = "conv_2d_sparse_dsp_s8"
    op = "conv_2d"
    needs = frozenset({"dsp"})

    def call(self, bound: BoundNode) -> KernelCall:
        channels, kept = _prepared(bound)
        forms, scales = tables(channels.multiplier, channels.addend, channels.scale)
        records = kept.tables(channels.starts, forms.data)
        args = (Operand(0), *records, scales, Scratch(scratch_bytes(bound)), Result())
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0], channels.note, kept.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs = bound.input(1).shape[0]
        batches, oh, ow, _ = bound.output.shape
        blocks, rest = divmod(oh * ow, 4)
        kept = _prepared(bound)[1]
        channels = 29 * outputs + 15 * len(kept.words) + 2 * int((kept.turns >> 16).sum())
        pixel = 26 * outputs + 14 * len(kept.words)
        return batches * (blocks * channels + rest * pixel + window_instructions(bound))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        # the windows of four pixels are expanded, then their outputs written
        return blockwise(bound, call, 4, ahead=True)


@lru_cache(maxsize=1)
def _prepared(bound: BoundNode) -> tuple[Channels, Fours]:
    """The call and the estimate ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, Conv2DAttrs)
    channels = prepare(bound, attrs.activation, SHIFT, together=1)
    return channels, fours(ordered_weights(channels.weights))
