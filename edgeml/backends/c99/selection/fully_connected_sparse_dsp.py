"""fully_connected with packed products over those fours of weights that are not all zeros."""

from __future__ import annotations

from functools import lru_cache

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection.channels import Channels, prepare
from edgeml.backends.c99.selection.fully_connected_dsp import row_accesses
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.sparse import Fours, fours
from edgeml.ir import BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.integer_form import tables


class FullyConnectedSparseDsp(Weighted):
    """A four of weights in eight instructions; zeros in fours cost nothing."""

    name = "fully_connected_sparse_dsp_s8"
    op = "fully_connected"
    needs = frozenset({"dsp"})

    def call(self, bound: BoundNode) -> KernelCall:
        channels, kept = _prepared(bound)
        params = self.params(bound, "input_zero_point") | {"shift": channels.shift}
        forms, scales = tables(channels.multiplier, channels.addend, channels.scale)
        scratch = Scratch(2 * (-(-bound.input(1).shape[1] // 4) * 4))
        args = (Operand(0), *kept.tables(channels.starts, forms.data), scales, scratch, Result())
        return KernelCall(self.name, params, args, note=channels.note, weights=kept.note)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        outputs, inputs = bound.input(1).shape
        rows, kept = bound.output.type.elements // outputs, _prepared(bound)[1]
        channels = 40 * outputs + 8 * len(kept.words) + 2 * int((kept.turns >> 16).sum())
        return rows * (60 + 9 * -(-inputs // 4) + channels)

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return row_accesses(bound)


@lru_cache(maxsize=1)
def _prepared(bound: BoundNode) -> tuple[Channels, Fours]:
    """The call and the estimate ask for the same."""
    attrs = bound.node.attrs
    assert isinstance(attrs, FullyConnectedAttrs)
    channels = prepare(bound, attrs.activation, together=1)
    return channels, fours(channels.weights)
