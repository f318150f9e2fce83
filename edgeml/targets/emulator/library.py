"""What the emulator needs from a C library's manifest.json: layers, and the arrays that go in and out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError, TargetError
from edgeml.files import parse_json, read_bytes

SCHEMA = "edgeml.c99/1"


@dataclass(frozen=True)
class Layer:
    """One call of the generated program."""

    name: str
    op: str
    macs: int
    output_shape: tuple[int, ...]
    symbol: str
    kernel: str = ""


@dataclass(frozen=True)
class Port:
    """An input or output; `shape` has batch 1 in front. `offset` is its place in the arena, None outside it."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int | None = None

    @property
    def bytes(self) -> int:
        """Bytes of one sample."""
        return int(np.prod(self.shape)) * self.dtype.itemsize


@dataclass(frozen=True)
class Library:
    """A compiled model with one input and one output, in execution order."""

    model: str
    layers: tuple[Layer, ...]
    input: Port
    output: Port
    # layers that run row by row: their function, the first and the last of them
    streams: tuple[tuple[str, int, int], ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """The functions that a run calls, in order: of a layer, or of layers that run row by row."""
        inside = {i: symbol for symbol, first, last in self.streams for i in range(first, last + 1)}
        return tuple(dict.fromkeys(inside.get(i, layer.symbol) for i, layer in enumerate(self.layers)))


def read_library(folder: Path) -> Library:
    """Read `folder`/manifest.json; ModelFormatError when it is not ours, TargetError for several inputs or outputs."""
    path = folder / "manifest.json"
    data = parse_json(read_bytes(path, "library manifest"), f"library '{path}'", "Compile again.")
    try:
        if data["schema"] != SCHEMA:
            raise ModelFormatError(f"library '{path}': schema must be {SCHEMA}. Got {data['schema']!r}. Compile again.")
        layers = tuple(
            Layer(
                x["name"], x["op"], int(x["macs"]), tuple(map(int, x["output_shape"])), x["symbol"], x.get("kernel", "")
            )
            for x in data["layers"]
        )
        inputs, outputs = ([_port(x) for x in data[side]] for side in ("inputs", "outputs"))
        model = str(data["model"])
        streams = tuple((str(x["symbol"]), int(x["first"]), int(x["last"])) for x in data.get("streams", ()))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ModelFormatError(
            f"library '{path}': is not a manifest of a compiled model ({error}). Compile again."
        ) from None
    for side, ports in (("input", inputs), ("output", outputs)):
        if len(ports) != 1:
            raise TargetError(
                f"model '{model}': the firmware takes models with one {side}. Got {len(ports)}. "
                "Run it on the host, LiteRT or ONNX Runtime, or call the library from your own firmware."
            )
    return Library(model, layers, inputs[0], outputs[0], streams)


def _port(record: dict[str, Any]) -> Port:
    offset = record.get("offset")
    shape, dtype = tuple(map(int, record["shape"])), np.dtype(record["dtype"])
    return Port(record["name"], shape, dtype, None if offset is None else int(offset))
