"""conv_2d with packed products over single weights that are no zeros, for layers whose zeros lie anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edgeml.backends.c99.selection.channels import Channels, prepare
from edgeml.backends.c99.selection.conv_2d_dsp import SHIFT, ordered_weights, scratch_bytes
from edgeml.backends.c99.selection.conv_2d_sparse import SparseConv2DDsp, Spent
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.sparse import FARTHEST, chain, loop_turns, taken
from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.integer_form import tables


class Conv2DSingleSparseDsp(SparseConv2DDsp):
    """Four pixels by a weight in eight instructions; every zero costs nothing."""

    name = "conv_2d_single_sparse_dsp_s8"
    block, pixel = Spent(38, 8), Spent(34, 9)

    def call(self, bound: BoundNode) -> KernelCall:
        channels, kept = _prepared(bound)
        forms, scales = tables(channels.multiplier, channels.addend, channels.scale)
        stream = np.concatenate([kept.turns, channels.starts[:, None], forms.data], 1).astype(np.int32)
        # C has no empty array
        weights = kept.data.view(np.int8).ravel() if kept.data.size else np.zeros(2, np.int8)
        args = (
            Operand(0),
            Table("stream", stream.ravel()),
            Table("weights", weights),
            scales,
            Scratch(scratch_bytes(bound)),
            Result(),
        )
        return KernelCall(self.name, self.params(bound), args, bound.output.shape[0], channels.note, kept.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        kept = _prepared(bound)[1]
        return self.estimate(bound, len(kept.data), kept.turns)


@dataclass(frozen=True, eq=False)
class Singles:
    """The weights (N, K) that are kept, as kernels/single_dsp_s8.h has them.

    turns int (N, 2): those of the loops over lower and upper halves; data uint8 (count, 2): step and weight of each.
    There are `total` weights.
    """

    turns: Array
    data: Array
    total: int

    @property
    def note(self) -> str:
        """What a report says of the format."""
        share = len(self.data) / max(self.total, 1)
        return f"sparse, {share:.0%} of single weights in {2 * len(self.data):,} B"


def singles(weights: Array) -> Singles:
    """The weights of int8 (N, K), K a multiple of 4, that are no zeros, and zeros that cut a too long step in two."""
    # input k lies in group k // 4 * 2 + k % 2, in the half k % 4 // 2
    halves = weights.reshape(len(weights), -1, 2, 2).transpose(0, 2, 1, 3).reshape(2 * len(weights), -1)
    counts, where, steps = chain(halves != 0, FARTHEST)
    data = np.stack([steps, taken(halves.ravel(), where)], 1).astype(np.uint8)
    return Singles(loop_turns(counts.reshape(-1, 2)), data, weights.size)


@lru_cache(maxsize=1)
def _prepared(bound: BoundNode) -> tuple[Channels, Singles]:
    """The call and the estimate ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, Conv2DAttrs)
    channels = prepare(bound, attrs.activation, SHIFT, together=1)
    return channels, singles(ordered_weights(channels.weights))
