"""What pruning reached: zeros of each layer, and what the weights cost once compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array


@dataclass(frozen=True)
class LayerSparsity:
    """One layer's weights. `sparsity` is the share of zeros; `compressed` is their size in bytes after deflate."""

    name: str
    elements: int
    zeros: int
    bytes: int
    compressed: int

    @property
    def sparsity(self) -> float:
        return self.zeros / self.elements if self.elements else 0.0


def sparsity_report(weights: Mapping[str, Array]) -> tuple[LayerSparsity, ...]:
    """One entry for each array, in the order given, at the arrays' own element type (int8 or float32)."""
    return tuple(
        LayerSparsity(name, w.size, int(w.size - np.count_nonzero(w)), w.nbytes, compressed_size(w))
        for name, w in weights.items()
    )


def total_sparsity(layers: tuple[LayerSparsity, ...]) -> LayerSparsity:
    """The sum of `layers` under the name "total"."""
    return LayerSparsity(
        "total",
        sum(layer.elements for layer in layers),
        sum(layer.zeros for layer in layers),
        sum(layer.bytes for layer in layers),
        sum(layer.compressed for layer in layers),
    )


def compressed_size(weights: Array) -> int:
    """Bytes of the array after deflate at the highest level: what an over-the-air update or a zip would carry."""
    return len(zlib.compress(np.ascontiguousarray(weights).tobytes(), level=9))
