"""What a C library holds, as data for tools: `manifest.json` beside the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgeml.backends.c99.names import model_identifier
from edgeml.errors import ModelFormatError
from edgeml.ir import DType

SCHEMA = "edgeml.c99/1"
# a C file beside the manifest or among the kernels
_SOURCE = re.compile(r"(kernels/)?\w+\.c", re.ASCII)


@dataclass(frozen=True)
class Port:
    """A graph input or output: shape with the batch of 1; scale and zero point of int8, else None.

    `offset` is its place in the arena, None for an input that stays in the caller's memory.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None
    zero_point: int | None
    offset: int | None = None


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
    # why this kernel, and its estimated cost
    reason: str = ""
    cost: Mapping[str, int] = field(default_factory=dict)
    # integer or float, and for how many channels; empty where the kernel has one way only
    requantisation: str = ""
    # how the weights are kept, where zeros are left out
    weights: str = ""


@dataclass(frozen=True)
class MemoryEntry:
    """Bytes of the arena, in use from layer `first` to layer `last` for `tensor`, and for the tensors that lie in its
    memory: `views` says from which byte on. With `rows` they hold so many of the tensor's rows at a time, else all."""

    tensor: str
    offset: int
    bytes: int
    first: int
    last: int
    views: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class StreamEntry:
    """Layers `first` to `last`, computed row by row by the function `symbol` in so many `calls` of theirs."""

    symbol: str
    first: int
    last: int
    calls: int


@dataclass(frozen=True)
class Manifest:
    """Everything about a library; `sources` are paths below its folder, `state_bytes` is 0 without states, `numerics`
    is whose int8 arithmetic it computes; its kernels were chosen for `machine` and the aim `optimize`.
    """

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
    numerics: str = "litert"
    machine: str = "portable"
    optimize: str = "balanced"
    # no plan for these kernels in this order needs a smaller arena
    arena_lower_bound: int = 0
    streams: tuple[StreamEntry, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The content of manifest.json; nothing about streams where there are none."""
        content = {"schema": SCHEMA, **asdict(self)}
        if not self.streams:
            del content["streams"]
            for entry in content["memory_map"]:
                del entry["rows"]
        return content

    @staticmethod
    def from_json(value: dict[str, Any]) -> Manifest:
        """The manifest of a written library; ModelFormatError when it is not one, or names files outside it."""
        try:
            manifest = Manifest._read(value)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ModelFormatError(
                f"C library: its manifest is not of this version ({error}). Compile the model again."
            ) from None
        # names become parts of paths
        if not isinstance(manifest.model, str) or manifest.model != model_identifier(manifest.model):
            raise ModelFormatError(f"C library: model '{manifest.model}' is no C identifier. Compile again.")
        for source in manifest.sources:
            if not isinstance(source, str) or not _SOURCE.fullmatch(source):
                raise ModelFormatError(f"C library: source '{source}' is not a file of the library. Compile again.")
        return manifest

    @staticmethod
    def _read(value: dict[str, Any]) -> Manifest:
        fields: dict[str, Any] = {k: v for k, v in value.items() if k != "schema"}
        ports = {k: tuple(Port(**{**p, "shape": tuple(p["shape"])}) for p in fields[k]) for k in ("inputs", "outputs")}
        layers = tuple(LayerEntry(**{**e, "output_shape": tuple(e["output_shape"])}) for e in fields["layers"])
        memory = tuple(MemoryEntry(**{**e, "views": dict(e.get("views", {}))}) for e in fields["memory_map"])
        lists = {"sources": tuple(fields["sources"]), "labels": tuple(fields["labels"])}
        streams = tuple(StreamEntry(**e) for e in fields.get("streams", ()))
        read = {"layers": layers, "memory_map": memory, "streams": streams}
        manifest = Manifest(**{**fields, **ports, **lists, **read})
        sizes = [manifest.arena_bytes, manifest.arena_lower_bound, manifest.weights_bytes]
        for port in (*manifest.inputs, *manifest.outputs):
            sizes += (*port.shape, port.offset or 0)
            DType(port.dtype)
        if not all(isinstance(n, int) and 0 <= n < 1 << 31 for n in sizes):
            raise ValueError("a size is no integer below 2^31")
        return manifest
