"""What pruning left: zeros per layer and the compressed size."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from edgeml.ir import Graph
from edgeml.ops import OPS


@dataclass(frozen=True)
class LayerSparsity:
    """One layer's weights: `zeros` of `total`; `nbytes` as stored, `compressed` after zlib at level 9."""

    name: str
    op: str
    zeros: int
    total: int
    nbytes: int
    compressed: int

    @property
    def sparsity(self) -> float:
        return self.zeros / self.total


def layer_sparsity(graph: Graph) -> tuple[LayerSparsity, ...]:
    """Zeros in the weights of every layer that has some, float32 or int8 (where zero is code 0)."""
    rows = []
    for bound in graph.bound():
        if OPS[bound.node.op].weight_axis is None:
            continue
        data = bound.input(1).data
        if data is not None:
            zeros = int(data.size - np.count_nonzero(data))
            size = len(zlib.compress(np.ascontiguousarray(data).tobytes(), 9))
            rows.append(LayerSparsity(bound.name, bound.node.op, zeros, int(data.size), int(data.nbytes), size))
    return tuple(rows)


def total_sparsity(graph: Graph) -> float:
    """Share of zeros over the weights of all layers; 0 for a graph without weights."""
    rows = layer_sparsity(graph)
    return sum(r.zeros for r in rows) / max(1, sum(r.total for r in rows))
