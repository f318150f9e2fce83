"""The order in which the rows of a run of nodes are computed, and what it needs in memory, found by going through it.

Rows are asked for from the end: a row of the last node asks for the rows under its window, and so on. Of a tensor that
only these nodes read, the rows that are still needed lie at the start of a window buffer, in order; before a row is
added, the rows that are left move up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from edgeml.backends.c99.streaming.kernels import RowKernel
from edgeml.backends.c99.streaming.rows import Part, row_bytes


@dataclass(frozen=True)
class RowCall:
    """Call number `call` of node `node` of the graph: `reads` holds the byte of each image (by the position of the
    input) at which the window begins, `write` the byte of the output's memory at which the row does."""

    node: int
    part: Part
    call: int
    reads: Mapping[int, int]
    write: int


@dataclass(frozen=True)
class Move:
    """`nbytes` bytes of a window buffer move from byte `source` to its start."""

    tensor: str
    source: int
    nbytes: int


@dataclass(frozen=True, eq=False)
class Stream:
    """Nodes `first` to `last`, both included, computed row by row.

    `windows` holds the rows of each window buffer by the tensor. `times` and `scratch_times` are sets of bits, one for
    each event: when a tensor, or the scratch of a node, holds what is needed. `overlaps` says how far the start of a
    tensor that is written may lie past that of one that is read: (read, written) -> bytes. `lasting` are tensors that
    are needed after the last node.
    """

    first: int
    last: int
    kernels: tuple[RowKernel, ...]
    events: tuple[RowCall | Move, ...]
    windows: Mapping[str, int]
    times: Mapping[str, int]
    scratch_times: Mapping[int, int]
    overlaps: Mapping[tuple[str, str], int]
    lasting: frozenset[str]

    def with_kernels(self, kernels: Sequence[RowKernel]) -> Stream:
        """The same nodes with other kernels."""
        return stream(self.first, kernels, self.windows, self.lasting)

    def kernel(self, node: int) -> RowKernel:
        """The kernel of a node."""
        return self.kernels[node - self.first]

    def bytes(self, tensor: str) -> int | None:
        """Bytes of the tensor's window buffer, None for a tensor that is whole in memory."""
        if tensor not in self.windows:
            return None
        kernel = next(k for k in self.kernels if k.rows.bound.output.name == tensor)
        return self.windows[tensor] * row_bytes(kernel.rows.bound.output)


def stream(first: int, kernels: Sequence[RowKernel], windowed: Collection[str], lasting: Collection[str]) -> Stream:
    """The schedule of the nodes from `first` on. `windowed` tensors have window buffers, all others are whole in
    memory; those of them that are `lasting` hold values that are needed after the last node."""
    run = _Run(first, kernels, frozenset(windowed))
    run.all()
    windows = {name: w.most for name, w in run.windows.items()}
    last = first + len(kernels) - 1
    times, scratch = _times(run, frozenset(lasting))
    events, overlaps = tuple(run.events), _overlaps(run)
    return Stream(first, last, tuple(kernels), events, windows, times, scratch, overlaps, frozenset(lasting))


@dataclass
class _Window:
    """Rows [base, made) of a tensor lie at the start of its buffer; `most` is how many that were at most."""

    base: int = 0
    most: int = 0


@dataclass
class _Run:
    first: int
    kernels: Sequence[RowKernel]
    windowed: frozenset[str]
    events: list[RowCall | Move] = field(default_factory=list)
    windows: dict[str, _Window] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._calls = [0] * len(self.kernels)
        self.windows = {name: _Window() for name in sorted(self.windowed)}
        self._producer = {k.rows.bound.output.name: i for i, k in enumerate(self.kernels)}
        self._readers: dict[str, list[int]] = {}
        for i, k in enumerate(self.kernels):
            for index in k.rows.reads:
                self._readers.setdefault(k.rows.bound.input(index).name, []).append(i)

    def all(self) -> None:
        """Every row of the tensors that are whole in memory, the last tensor first."""
        for i in reversed(range(len(self.kernels))):
            if self.kernels[i].rows.bound.output.name not in self.windowed:
                self._until(i, self.kernels[i].rows.bound.output.shape[1])

    def _until(self, i: int, rows: int) -> None:
        """Calls of node `i` until so many rows are there."""
        while self.kernels[i].rows.made(self._calls[i]) < rows:
            self._call(i)

    def _call(self, i: int) -> None:
        """The next call of node `i`."""
        rows, call = self.kernels[i].rows, self._calls[i]
        low, high = rows.reach.rows(call)
        inputs = {index: rows.bound.input(index) for index in rows.reads}
        for tensor in inputs.values():
            if tensor.name in self._producer:
                self._until(self._producer[tensor.name], high)
        reads = {}
        for index, tensor in inputs.items():
            base = self.windows[tensor.name].base if tensor.name in self.windowed else 0
            reads[index] = (low - base) * row_bytes(tensor)
        write = self._place(i, rows.made(call))
        self.events.append(RowCall(self.first + i, rows.part(call), call, reads, write))
        self._calls[i] += 1

    def _place(self, i: int, row: int) -> int:
        """The byte of the output's memory for its next row; makes room for it."""
        y = self.kernels[i].rows.bound.output
        if y.name not in self.windowed:
            return row * row_bytes(y)
        window = self.windows[y.name]
        needed = min((self._next(j) for j in self._readers[y.name]), default=row)
        base = min(needed, row)
        if base > window.base and row > base:
            self.events.append(Move(y.name, (base - window.base) * row_bytes(y), (row - base) * row_bytes(y)))
        window.base = base
        window.most = max(window.most, row + 1 - base)
        return (row - base) * row_bytes(y)

    def _next(self, i: int) -> int:
        """The first row that node `i` still reads."""
        rows = self.kernels[i].rows
        return rows.reach.rows(self._calls[i])[0] if self._calls[i] < rows.calls else rows.reach.height


def _times(run: _Run, lasting: frozenset[str]) -> tuple[dict[str, int], dict[int, int]]:
    """When tensors and scratch hold what is needed, as bits by the event."""
    written: dict[str, dict[int, int]] = {}
    times: dict[str, int] = {}
    scratch: dict[int, int] = {}
    began: dict[int, int] = {}
    end = len(run.events)
    for at, event in enumerate(run.events):
        if isinstance(event, Move):
            continue
        rows = run.kernels[event.node - run.first].rows
        # sums stay from the first row to the last
        began.setdefault(event.node, at)
        since = began[event.node] if rows.gathers else at
        scratch[event.node] = scratch.get(event.node, 0) | _bits(since, at)
        low, high = rows.reach.rows(event.call)
        for index in rows.reads:
            name = rows.bound.input(index).name
            # a tensor from outside is there from the start
            start = min(written[name][r] for r in range(low, high)) if name in written else 0
            times[name] = times.get(name, 0) | _bits(start, at)
        y = rows.bound.output.name
        written.setdefault(y, {})[rows.made(event.call)] = at
        times[y] = times.get(y, 0) | 1 << at
    for name in times:
        if name not in run.windowed and (name in lasting or name in written):
            times[name] = _bits(min(written[name].values()) if name in written else 0, end)
    return times, scratch


def _bits(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


def _overlaps(run: _Run) -> dict[tuple[str, str], int]:
    """How far whole outputs may lie over whole inputs from outside: see accesses.py, with the rows as steps."""
    calls = [e for e in run.events if isinstance(e, RowCall)]
    made = {k.rows.bound.output.name for k in run.kernels}
    whole = sorted(made - run.windowed)
    given = sorted({k.rows.bound.input(i).name for k in run.kernels for i in k.rows.reads} - made)
    return {(x, y): _margin(run, calls, x, y) for x in given for y in whole}


def _margin(run: _Run, calls: Sequence[RowCall], x: str, y: str) -> int:
    most = 1 << 40
    # the first byte of x that the calls behind this one read
    live = 1 << 40
    for call in reversed(calls):
        kernel = run.kernels[call.node - run.first]
        bound = kernel.rows.bound
        reads = [i for i in kernel.rows.reads if bound.input(i).name == x]
        if bound.output.name == y:
            size = row_bytes(bound.output)
            most = min(most, live - call.write - size)
            for i in reads:
                own = next(
                    (o for o in kernel.overlaps[call.part] if (o.read, o.written) == (i, 0) and not o.step), None
                )
                most = min(most, call.reads[i] - call.write + (-size if own is None else own.most))
        live = min([live, *(call.reads[i] for i in reads)])
    return most
