"""Per-layer figures from the graph, the quantiser and the emulator."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, replace

from edgeml.backends.c99.manifest import Manifest, MemoryEntry
from edgeml.bench.record import FileSize, Layer, MapEntry, MemoryInfo, Record
from edgeml.bench.suite import Variant
from edgeml.files import read_bytes
from edgeml.ops import OPS
from edgeml.ops.weight_bits import saved_bytes
from edgeml.prune.sparsity import layer_sparsity
from edgeml.targets.base import LayerProfile, Memory


def graph_layers(variant: Variant) -> tuple[Layer, ...]:
    """One entry a node, in execution order."""
    zeros = {row.name: row.sparsity for row in layer_sparsity(variant.graph)}
    layers = []
    for bound in variant.graph.bound():
        constants = sum(t.type.nbytes for t in bound.inputs if t is not None and t.is_constant)
        layers.append(
            Layer(
                name=bound.name,
                op=bound.node.op,
                macs=OPS[bound.node.op].macs(bound),
                output_shape=bound.output.shape,
                bytes=constants - saved_bytes(bound),
                sparsity=zeros.get(bound.name),
                sqnr_db=variant.sqnr.get(bound.name),
            )
        )
    return tuple(layers)


def with_costs(layers: Sequence[Layer], profile: Sequence[LayerProfile]) -> tuple[Layer, ...]:
    """The layers with what the emulator counted; a node that needs no call (an aliased reshape) has no cost."""
    found = {p.name: p for p in profile}
    merged = []
    for layer in layers:
        cost = found.get(layer.name)
        if cost is not None:
            layer = replace(layer, instructions=cost.instructions, cycles=cost.cycles, kernel=cost.kernel)
        merged.append(layer)
    return tuple(merged)


def with_library(record: Record, manifest: Manifest) -> Record:
    """The record with what the compiler says of the library that ran: kernels and why, the arena over time.

    The map counts in layers of the record, of which a reshape that needs no call is one.
    """
    names = [layer.name for layer in record.layers]
    compiled = {entry.name: entry for entry in manifest.layers}
    place = [names.index(entry.name) if entry.name in names else entry.index for entry in manifest.layers]
    layers = []
    for layer in record.layers:
        entry = compiled.get(layer.name)
        if entry is not None:
            layer = replace(
                layer,
                kernel=entry.kernel,
                reason=entry.reason,
                requantisation=entry.requantisation,
                estimate=entry.cost.get("instructions"),
                flash=entry.cost.get("flash"),
            )
        layers.append(layer)
    entries = tuple(
        MapEntry(_held(e), e.offset, e.bytes, place[e.first] if place else 0, place[e.last] if place else 0)
        for e in manifest.memory_map
    )
    memory = replace(
        record.memory or MemoryInfo(weights=manifest.weights_bytes),
        arena=manifest.arena_bytes,
        arena_lower_bound=manifest.arena_lower_bound or None,
    )
    return replace(record, layers=tuple(layers), memory_map=entries, memory=memory)


def _held(entry: MemoryEntry) -> str:
    """What lies in a place of the arena, for people."""
    return f"{entry.tensor}, {entry.rows} rows at a time" if entry.rows else entry.tensor


def parameters(variant: Variant) -> int:
    """Elements of all constants that are inputs of some node."""
    return sum(t.type.elements for t in variant.graph.constants)


def file_sizes(variant: Variant) -> tuple[FileSize, ...]:
    """Sizes of the exported files, as they are and compressed."""
    files = {"model.tflite": variant.litert, "model.onnx": variant.onnx}
    return tuple(FileSize(n, len(d), len(zlib.compress(d, 9))) for n, d in files.items() if d is not None)


def library_memory(variant: Variant) -> tuple[MemoryInfo | None, tuple[MapEntry, ...]]:
    """Arena, weights and memory map that the C library states in its manifest."""
    if variant.library is None:
        return None, ()
    manifest = json.loads(read_bytes(variant.library / "manifest.json", "library manifest"))
    entries = tuple(
        MapEntry(e["tensor"], e["offset"], e["bytes"], e["first"], e["last"]) for e in manifest["memory_map"]
    )
    return MemoryInfo(weights=manifest["weights_bytes"], arena=manifest["arena_bytes"]), entries


def memory_info(memory: Memory) -> MemoryInfo:
    """What the emulated firmware needs, as a record."""
    return MemoryInfo(**asdict(memory))
