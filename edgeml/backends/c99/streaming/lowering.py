"""The schedule of a stream as a table of calls, and the places of its tensors in terms of the table's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeml.backends.c99.memory import MemoryPlan
from edgeml.backends.c99.streaming.rows import RowNode
from edgeml.backends.c99.streaming.schedule import Move, Stream

# the fields of a call for the operands that are images, in the order of the inputs
_FIELDS = ("x", "z")


@dataclass(frozen=True)
class RowLayer:
    """A layer of a stream: its function and the arguments of a call, in terms of the table's fields."""

    symbol: str
    call: tuple[str, ...]


@dataclass(frozen=True)
class StreamCode:
    """The function of a stream: `entries` are the table (layer, part, x, z, y), where `layers` stand by their position
    and the number behind the last is a move of z bytes from x to y. `inputs` are those of the graph that it reads in
    the caller's memory, `range` the first and last layer of the library, `windows` the rows of each window buffer.
    """

    symbol: str
    comment: str
    inputs: tuple[str, ...]
    offset_type: str
    entries: tuple[tuple[int, int, int, int, int], ...]
    layers: tuple[RowLayer, ...]
    range: tuple[int, int]
    windows: Mapping[str, int]

    @property
    def calls(self) -> int:
        """Calls of the layers, without the moves."""
        return sum(e[0] < len(self.layers) for e in self.entries)

    @property
    def lines(self) -> list[str]:
        """The table as C, some entries a line."""
        texts = [f"{{{', '.join(map(str, e))}}}," for e in self.entries]
        return [" ".join(texts[i : i + 5]) for i in range(0, len(texts), 5)]


def places(rows: RowNode, plan: MemoryPlan, kept: Mapping[str, str]) -> dict[str, str]:
    """C expressions for the images of a node, by the tensor. `kept` names inputs in the caller's memory."""
    found = {}
    for name, field in zip(_images(rows), _FIELDS, strict=False):
        owner = plan.storage[name]
        inside = f"(const void *)((const uint8_t *){kept[owner]} + call->{field})" if owner in kept else ""
        found[name] = inside or f"EDGEML_AT(call->{field})"
    return {**found, rows.bound.output.name: "EDGEML_AT(call->y)"}


def stream_code(
    stream: Stream, plan: MemoryPlan, kept: Mapping[str, str], symbol: str, position: int, layers: Sequence[RowLayer]
) -> StreamCode:
    """The function of a stream whose layers are lowered, the first of them as number `position`."""

    def at(name: str, byte: int) -> int:
        owner, shift = plan.storage[name], plan.shift.get(name, 0)
        return byte + shift + (0 if owner in kept else plan.block(owner).offset)

    entries = []
    for event in stream.events:
        if isinstance(event, Move):
            start = at(event.tensor, 0)
            entries.append((len(layers), 0, start + event.source, event.nbytes, start))
            continue
        rows = stream.kernel(event.node).rows
        reads = {rows.bound.input(i).name: byte for i, byte in event.reads.items()}
        x, z = (*(at(name, reads[name]) for name in _images(rows)), 0)[:2]
        part = list(rows.parts).index(event.part)
        entries.append((event.node - stream.first, part, x, z, at(rows.bound.output.name, event.write)))
    wide = max(max(e[2:]) for e in entries) > 0xFFFF
    used = {plan.storage[n] for k in stream.kernels for n in _images(k.rows)}
    return StreamCode(
        symbol,
        f"layers {position} to {position + len(layers) - 1}, row by row",
        tuple(parameter for name, parameter in kept.items() if name in used),
        "uint32_t" if wide else "uint16_t",
        tuple(entries),
        tuple(layers),
        (position, position + len(layers) - 1),
        stream.windows,
    )


def _images(rows: RowNode) -> list[str]:
    """The tensors that are read as images, each once."""
    return list(dict.fromkeys(rows.bound.input(i).name for i in rows.reads))
