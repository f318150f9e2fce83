"""What a C library holds, as data for tools: `manifest.json` beside the sources."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "edgeml.c99/1"


@dataclass(frozen=True)
class Port:
    """A graph input or output: shape with the batch of 1; scale and zero point of int8, else None."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True)
class LayerEntry:
    """One layer function of the library; `index` counts the calls, `symbol` is the function's name."""

    index: int
    name: str
    op: str
    kernel: str
    macs: int
    output_shape: tuple[int, ...]
    symbol: str


@dataclass(frozen=True)
class MemoryEntry:
    """Bytes of the arena, in use from layer `first` to layer `last`."""

    tensor: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Manifest:
    """Everything about a library; `sources` are paths below its folder, `state_bytes` is 0 without states."""

    model: str
    sources: tuple[str, ...]
    arena_bytes: int
    state_bytes: int
    weights_bytes: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    labels: tuple[str, ...]
    layers: tuple[LayerEntry, ...]
    memory_map: tuple[MemoryEntry, ...]

    def to_json(self) -> dict[str, Any]:
        """The content of manifest.json."""
        return {"schema": SCHEMA, **asdict(self)}

    @staticmethod
    def from_json(value: dict[str, Any]) -> Manifest:
        """The manifest of a written library."""
        fields: dict[str, Any] = {k: v for k, v in value.items() if k != "schema"}
        ports = {k: tuple(Port(**{**p, "shape": tuple(p["shape"])}) for p in fields[k]) for k in ("inputs", "outputs")}
        layers = tuple(LayerEntry(**{**e, "output_shape": tuple(e["output_shape"])}) for e in fields["layers"])
        memory = tuple(MemoryEntry(**e) for e in fields["memory_map"])
        lists = {"sources": tuple(fields["sources"]), "labels": tuple(fields["labels"])}
        return Manifest(**{**fields, **ports, **lists, "layers": layers, "memory_map": memory})
