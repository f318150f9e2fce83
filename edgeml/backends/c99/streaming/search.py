"""Which runs of nodes are computed row by row: those that make the arena smaller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeml.backends.c99.memory import arena_problem
from edgeml.backends.c99.planner.heuristics import first_fit
from edgeml.backends.c99.planner.problem import WORD
from edgeml.backends.c99.selection import Choice, Machine
from edgeml.backends.c99.streaming.kernels import RowKernel, row_kernels
from edgeml.backends.c99.streaming.rows import RowNode, row_node
from edgeml.backends.c99.streaming.schedule import Stream
from edgeml.backends.c99.streaming.schedule import stream as scheduled
from edgeml.backends.c99.views import share_views
from edgeml.ir import Graph

# nodes of one stream, streams of a graph, and candidates that are tried, at most
_MOST_NODES, _MOST_STREAMS, _MOST_TRIALS = 16, 8, 400

Streams = tuple[Stream, ...]


class StreamSearch:
    """Streams of a graph whose other nodes have the kernels `choices`."""

    def __init__(self, graph: Graph, choices: Sequence[Choice], machine: Machine, keep_inputs: bool) -> None:
        self._graph, self._choices, self._machine, self._keep_inputs = graph, choices, machine, keep_inputs
        views = share_views(graph)
        self._storage = views.storage
        states = {views.storage.get(n, n) for s in graph.states for n in (s.input, s.output)}
        self._rows: list[RowNode | None] = []
        for i, bound in enumerate(graph.bound()):
            names = {*bound.node.inputs, *bound.node.outputs}
            fit = i not in views.skipped and not any(views.storage.get(n) in states for n in names)
            self._rows.append(row_node(bound) if fit else None)
        self._kernels: dict[int, RowKernel | None] = {}
        self._left = _MOST_TRIALS

    def best(self) -> Streams:
        """The streams, in order; one more as long as the largest step gets smaller."""
        found: Streams = ()
        peaks = self._peaks(found)
        while len(found) < _MOST_STREAMS:
            widest = max(peaks, key=lambda i: (peaks[i], -i))
            better = min(
                ((_rank(p), len(s), s, p) for s, p in self._trials(found, widest)),
                key=lambda t: t[:2],
                default=None,
            )
            if better is None or better[0] >= _rank(peaks):
                break
            found, peaks = better[2], better[3]
        return found

    def _trials(self, found: Streams, step: int) -> Iterator[tuple[Streams, dict[int, int]]]:
        """`found` with a stream through `step` in place of those that it meets, and the peaks of its steps."""
        inside = next((s for s in found if s.first <= step <= s.last), None)
        low, high = (inside.first, inside.last) if inside else (step, step)
        for first in range(low, max(high - _MOST_NODES, -1), -1):
            if not self.takes(first):
                break
            for last in range(max(high, first + 1), min(first + _MOST_NODES, len(self._rows))):
                if not all(self.takes(i) for i in range(high, last + 1)):
                    break
                cut = any(s.first < first <= s.last or s.first <= last < s.last for s in found)
                if cut or (inside and (first, last) == (low, high)) or self._left <= 0:
                    continue
                self._left -= 1
                new = self.stream(first, last)
                if new is not None:
                    others = [s for s in found if s.last < first or s.first > last]
                    streams = tuple(sorted((*others, new), key=lambda s: s.first))
                    yield streams, self._peaks(streams)

    def takes(self, i: int) -> bool:
        """Whether node `i` can be computed row by row."""
        if self._rows[i] is None:
            return False
        if i not in self._kernels:
            rows = self._rows[i]
            assert rows is not None
            self._kernels[i] = next(row_kernels(rows, self._machine), None)
        return self._kernels[i] is not None

    def stream(self, first: int, last: int) -> Stream | None:
        """The stream of these nodes, or None where nothing between them gets a window buffer."""
        nodes = self._graph.nodes[first : last + 1]
        readers = {n for node in (*self._graph.nodes[:first], *self._graph.nodes[last + 1 :]) for n in node.inputs}
        outside = {*readers, *self._graph.kept}
        owners = list(self._storage.values())
        read = {n for node in nodes for n in node.inputs}
        windowed = [
            node.outputs[0]
            for node in nodes
            if node.outputs[0] in read - outside
            and self._storage[node.outputs[0]] == node.outputs[0]
            and owners.count(node.outputs[0]) == 1
        ]
        if not windowed:
            return None
        kernels = [self._kernels[i] for i in range(first, last + 1)]
        return scheduled(first, [k for k in kernels if k is not None], windowed, outside)

    def faster(self, streams: Streams, arena: int) -> Streams:
        """The streams with faster kernels, as far as they fit into `arena` bytes anyway."""
        for position, s in enumerate(streams):
            for i in range(s.first, s.last + 1):
                rows = s.kernel(i).rows
                for kernel in sorted(row_kernels(rows, self._machine), key=lambda k: k.choice.cost.instructions):
                    now = streams[position]
                    if kernel.choice.cost.instructions >= now.kernel(i).choice.cost.instructions:
                        break
                    kernels = list(now.kernels)
                    kernels[i - s.first] = kernel
                    tried = (*streams[:position], now.with_kernels(kernels), *streams[position + 1 :])
                    if self._peaks(tried)[s.first] * WORD <= arena:
                        streams = tried
                        break
        return streams

    def choices(self, streams: Streams) -> tuple[Choice, ...]:
        """The kernels of all nodes when these streams are used."""
        chosen = list(self._choices)
        for s in streams:
            chosen[s.first : s.last + 1] = [k.choice for k in s.kernels]
        return tuple(chosen)

    def _peaks(self, streams: Streams) -> dict[int, int]:
        """Words that each step takes, alone; those of a stream are one step, its first."""
        choices = self.choices(streams)
        scratch = {i: c.cost.scratch for i, c in enumerate(choices) if c.cost.scratch}
        overlaps = {i: c.overlaps for i, c in enumerate(choices)}
        problem = arena_problem(self._graph, scratch, overlaps, self._keep_inputs, streams)
        found = {}
        inner = {i for s in streams for i in range(s.first + 1, s.last + 1)}
        for step in range(len(self._rows)):
            chosen = [k for k, b in enumerate(problem.buffers) if b.first <= step <= b.last]
            if step not in inner and chosen:
                part = problem.part(chosen)
                offsets = first_fit(part)
                found[step] = max(o + b.size for o, b in zip(offsets, part.buffers, strict=True))
        return found


def _rank(peaks: dict[int, int]) -> list[int]:
    """For comparison: the largest step decides, then the next."""
    return sorted(peaks.values(), reverse=True)
