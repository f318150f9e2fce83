"""What `edgeml inspect` prints of a compiled library: kernels and why, memory over time, bounds."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeml.cli.printing import add_row, console, plain_table, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from edgeml.backends.c99.manifest import Manifest, MemoryEntry
    from edgeml.inspection import Image

_NAME_WIDTH = 40
# the picture of the arena: bands of addresses and columns of steps at most
_BANDS, _COLUMNS = 16, 80
_LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits


def inspect_compiled(folder: Path, toolchain: str, as_json: bool) -> None:
    """Print the library in `folder`."""
    from edgeml.inspection import summarize_compiled

    summary = summarize_compiled(folder, toolchain)
    if as_json:
        print_json(summary)
        return
    out = console()
    _print_head(summary.manifest, out)
    _print_layers(summary.manifest, out)
    _print_memory(summary.manifest, out)
    if summary.image is None:
        _line(out, f"note: {summary.note}")
    else:
        _print_image(summary.manifest, summary.image, out)


def _line(out: Console, text: str) -> None:
    out.print(text, markup=False, highlight=False)


def _print_head(manifest: Manifest, out: Console) -> None:
    _line(
        out,
        f"model {manifest.model}, C for {manifest.machine}, kernels chosen for {manifest.optimize}, numerics "
        f"{manifest.numerics}",
    )
    for kind, ports in (("input ", manifest.inputs), ("output", manifest.outputs)):
        for port in ports:
            where = "in memory of the caller" if port.offset is None else f"in the arena at {port.offset:,}"
            _line(out, f"  {kind} {port.name}: {port.dtype}[{','.join(map(str, port.shape))}], {where}")
    if manifest.state_bytes:
        _line(out, f"  state of {manifest.state_bytes:,} bytes in memory of the caller")


def _print_layers(manifest: Manifest, out: Console) -> None:
    columns = ("#", "layer", "kernel", "output", "MACs", "instructions", "/MAC", "flash", "scratch")
    table = plain_table(*columns, right=(0, 4, 5, 6, 7, 8))
    for layer in manifest.layers:
        cost = layer.cost
        instructions = cost.get("instructions", 0)
        add_row(
            table,
            str(layer.index),
            _short(layer.name),
            layer.kernel,
            "x".join(map(str, layer.output_shape)),
            f"{layer.macs:,}",
            f"{instructions:,}",
            f"{instructions / layer.macs:.2f}" if layer.macs else "",
            f"{cost.get('flash', 0):,}",
            f"{cost.get('scratch', 0):,}",
        )
    out.print(table)
    for stream in manifest.streams:
        span = f"layers {stream.first} to {stream.last}"
        _line(out, f"{span} run row by row, in {stream.calls:,} calls: between them lie windows of a few rows")
    total = sum(layer.cost.get("instructions", 0) for layer in manifest.layers)
    constants = f"{manifest.weights_bytes:,} bytes of constants"
    _line(out, f"{len(manifest.layers)} layers, about {total:,} instructions, {constants}")
    _line(out, "why these kernels (costs are estimates):")
    for layer in manifest.layers:
        first, *others = layer.reason.split("; not ")
        if not others and not first.startswith("not "):
            _line(out, f"  {layer.index:3d} {layer.kernel}: {first or 'not said'}")
        else:
            _line(out, f"  {layer.index:3d} {layer.kernel}")
            for other in (first.removeprefix("not "), *others):
                _line(out, f"        not {other}")
        if layer.requantisation:
            _line(out, f"        requantisation {layer.requantisation}")
        if layer.weights:
            _line(out, f"        weights {layer.weights}")


def _print_memory(manifest: Manifest, out: Console) -> None:
    bound = manifest.arena_lower_bound
    text = f"arena {manifest.arena_bytes:,} bytes"
    if bound:
        text += f"; no plan for these kernels in this order takes fewer than {bound:,}"
    _line(out, text)
    entries = sorted(manifest.memory_map, key=lambda e: (e.first, e.offset))
    if not entries:
        return
    letters = {id(e): _LETTERS[i % len(_LETTERS)] for i, e in enumerate(entries)}
    table = plain_table("", "tensor", "from", "to", "bytes", "layers", right=(2, 3, 4))
    for entry in entries:
        add_row(
            table,
            letters[id(entry)],
            _held(entry),
            f"{entry.offset:,}",
            f"{entry.offset + entry.bytes:,}",
            f"{entry.bytes:,}",
            f"{entry.first} to {entry.last}" if entry.last > entry.first else str(entry.first),
        )
    out.print(table)
    _line(out, "addresses (up) over layers (right); bytes that two tensors share show the one that is written:")
    for line in picture(entries, [letters[id(e)] for e in entries], manifest.arena_bytes, len(manifest.layers)):
        _line(out, line)


def picture(entries: Sequence[MemoryEntry], letters: Sequence[str], arena: int, steps: int) -> list[str]:
    """The arena as text: a line for each band of addresses, highest first, with a letter for the tensor in it."""
    bands, columns = min(_BANDS, max(arena // 4, 1)), min(steps, _COLUMNS)
    width = max(1, min(4, _COLUMNS // max(columns, 1)))
    lines = []
    for band in reversed(range(bands)):
        low, high = arena * band // bands, arena * (band + 1) // bands
        cells = []
        for column in range(columns):
            first, last = steps * column // columns, max(steps * (column + 1) // columns - 1, steps * column // columns)
            held = [
                letter
                for e, letter in zip(entries, letters, strict=True)
                if e.first <= last and first <= e.last and e.offset < high and low < e.offset + e.bytes
            ]
            cells.append((held[-1] if held else ".") * width)
        lines.append(f"{low:>9,} {''.join(cells)}")
    return lines


def _print_image(manifest: Manifest, image: Image, out: Console) -> None:
    table = plain_table("function", "code", "frame", "stack", right=(1, 2, 3))
    for f in image.functions:
        add_row(table, f.name, f"{f.code:,}", f"{f.frame:,}", f"{f.stack:,}")
    if image.functions:
        out.print(table)
    flash = f"flash {image.flash:,} bytes ({image.code:,} code, {image.constants:,} constants)"
    ram = f"RAM {manifest.arena_bytes:,} arena + {image.variables:,} variables"
    _line(out, f"linked with {image.compiler}: {flash}, {ram}")
    if image.stack is None:
        _line(out, f"note: {image.note}")
    else:
        _line(out, f"{manifest.model}_run takes {image.stack:,} bytes of stack at most")


def _held(entry: MemoryEntry) -> str:
    """The tensor, and how many of its rows there are where it is not whole."""
    return _short(entry.tensor) + (f", {entry.rows} rows" if entry.rows else "")


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else f"…{name[1 - _NAME_WIDTH :]}"
