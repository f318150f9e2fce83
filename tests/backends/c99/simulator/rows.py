"""Which rows of a stream's tensors lie where, and which of them its later calls, or later nodes, still read."""

from __future__ import annotations

from edgeml.backends.c99.memory import scratch_name
from edgeml.backends.c99.streaming import Move, RowCall, Stream
from edgeml.ir import Graph

Range = tuple[str, int, int]


class StreamFollower:
    """Follows the events of a stream: rows by their byte in the buffer, and when each is read for the last time."""

    def __init__(self, graph: Graph, stream: Stream) -> None:
        self._graph, self._stream = graph, stream
        before = {*graph.inputs, *(o for n in graph.nodes[: stream.first] for o in n.outputs)}
        later = {*graph.outputs, *(x for n in graph.nodes[stream.last + 1 :] for x in n.inputs)}
        self._last: dict[tuple[str, int], int] = {}
        self._held: dict[str, dict[int, int]] = {}
        self._sums: dict[int, tuple[int, int]] = {}
        for at, event in enumerate(stream.events):
            if isinstance(event, RowCall):
                rows = stream.kernel(event.node).rows
                for index in event.reads:
                    for row in range(*rows.reach.rows(event.call)):
                        self._last[rows.bound.input(index).name, row] = at
                if rows.gathers:
                    self._sums[event.node] = (self._sums.get(event.node, (at, at))[0], at)
        end = len(stream.events)
        for kernel in stream.kernels:
            for tensor in (*(kernel.rows.bound.input(i) for i in kernel.rows.reads), kernel.rows.bound.output):
                size = tensor.type.nbytes // tensor.shape[1]
                if tensor.name in before:
                    self._held[tensor.name] = {row: row * size for row in range(tensor.shape[1])}
                if tensor.name in later:
                    self._last.update({(tensor.name, row): end for row in range(tensor.shape[1])})

    def needed(self, at: int) -> list[Range]:
        """The bytes that events from `at` on, or later nodes, read: buffer, first byte, number."""
        found = []
        for name, rows in self._held.items():
            tensor = self._graph.tensor(name)
            size = tensor.type.nbytes // tensor.shape[1]
            found += [(name, byte, size) for row, byte in rows.items() if self._last.get((name, row), -1) >= at]
        for node, (first, last) in self._sums.items():
            if first < at <= last:
                buffer = scratch_name(self._graph.nodes[node])
                found.append((buffer, 0, self._stream.kernel(node).choice.cost.scratch))
        return found

    def follow(self, event: RowCall | Move) -> None:
        """What lies where after the event."""
        if isinstance(event, Move):
            held = self._held[event.tensor]
            kept = {r: b - event.source for r, b in held.items() if 0 <= b - event.source < event.nbytes}
            self._held[event.tensor] = kept
            return
        rows = self._stream.kernel(event.node).rows
        held = self._held.setdefault(rows.bound.output.name, {})
        if rows.made(event.call + 1) > rows.made(event.call):
            for row in [r for r, byte in held.items() if byte == event.write]:
                del held[row]
            held[rows.made(event.call)] = event.write
