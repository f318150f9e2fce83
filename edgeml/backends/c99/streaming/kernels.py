"""One kernel for all rows of a node: its parameters differ from border to border, its constants do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.selection import Candidate, Candidates, Choice, Cost, Machine, candidates
from edgeml.backends.c99.selection.kernel import Kernel, cost
from edgeml.backends.c99.streaming.rows import Part, RowNode
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table


@dataclass(frozen=True, eq=False)
class RowKernel:
    """A node by rows with a kernel: the call and what it may write over its inputs, for each position of the window.

    `choice` is the kernel as that of a whole layer: the instructions of all rows, the scratch of the largest.
    """

    rows: RowNode
    choice: Choice
    calls: Mapping[Part, KernelCall]
    overlaps: Mapping[Part, tuple[Overlap, ...]]


def row_kernels(rows: RowNode, machine: Machine) -> Iterator[RowKernel]:
    """The kernels that can compute all rows of a node, those with the least scratch first."""
    if rows.gathers:
        yield _sums(rows, machine)
        return
    usual = max(rows.parts, key=lambda p: rows.parts[p])
    found = candidates(rows.one_row(usual), machine)
    for candidate in sorted(found.valid, key=lambda c: (c.cost.scratch, c.cost.instructions, c.cost.flash)):
        kernel = _for_all_rows(rows, usual, candidate, found, machine)
        if kernel is not None:
            yield kernel


class AverageRows(Kernel):
    """The mean of an image from sums over its rows."""

    name = "average_rows_s8"
    op = "average_pool_2d"

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        _, rows, width, channels = bound.input(0).shape
        return 20 + rows * channels * (6 * width + 4) + 30 * channels


def _sums(rows: RowNode, machine: Machine) -> RowKernel:
    """Sums of the channels that stay in the scratch from row to row."""
    bound, kernel = rows.bound, AverageRows()
    _, height, width, channels = bound.input(0).shape
    plain = OPS[bound.node.op].kernel(bound).params
    args = (Operand(0), Scratch(4 * channels), Result())
    calls = {
        part: KernelCall(
            kernel.name,
            {
                "pixels": width, "channels": channels, "count": width * height, "first": part.top, "last": part.bottom,
                "activation_min": plain["activation_min"], "activation_max": plain["activation_max"],
            },
            args,
        )
        for part in rows.parts
    }  # fmt: skip
    call = next(iter(calls.values()))
    return RowKernel(
        rows, Choice(kernel, call, cost(kernel, bound, call, machine), (), {}), calls, dict.fromkeys(calls, ())
    )


def _for_all_rows(
    rows: RowNode, usual: Part, candidate: Candidate, found: Candidates, machine: Machine
) -> RowKernel | None:
    kernel = candidate.kernel
    calls: dict[Part, KernelCall] = {}
    costs: dict[Part, Cost] = {}
    overlaps: dict[Part, tuple[Overlap, ...]] = {}
    for part in rows.parts:
        bound = candidate.bound if part == usual else rows.one_row(part)
        if part != usual and kernel.refusal(bound, machine):
            return None
        call = candidate.call if part == usual else kernel.call(bound)
        if call.repeat != 1 or not _same_constants(call, candidate.call):
            return None
        calls[part], costs[part] = call, cost(kernel, bound, call, machine)
        overlaps[part] = kernel.accesses(bound, call)
    total = Cost(
        sum(costs[p].instructions * count for p, count in rows.parts.items()),
        costs[usual].flash,
        max(c.scratch for c in costs.values()),
    )
    others = {**found.refused, **{c.call.kernel: "more scratch or work" for c in found.valid if c is not candidate}}
    choice = Choice(kernel, candidate.call, total, (), others)
    return RowKernel(rows, replace(choice, call=calls[usual]), calls, overlaps)


def _same_constants(call: KernelCall, other: KernelCall) -> bool:
    """Whether two calls take the same arguments but for the size of their scratch."""
    if len(call.args) != len(other.args) or call.kernel != other.kernel:
        return False
    for a, b in zip(call.args, other.args, strict=True):
        if type(a) is not type(b):
            return False
        if isinstance(a, Table) and isinstance(b, Table) and not np.array_equal(a.data, b.data):
            return False
    return True
