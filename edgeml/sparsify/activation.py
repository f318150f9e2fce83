"""Importance by activations: how much of a layer's output a weight carries.

|w_ij| * rms(x_j), x_j what the weight multiplies: the error of one output when the weight alone goes (Wanda, Sun et al.
2023, arXiv:2306.11695). Divided by the root mean square of a layer's scores, as magnitudes are, it compares layers.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edgeml.ir import Array, Graph
from edgeml.prune.magnitude import magnitude_scores
from edgeml.quantize.calibrate import Samples
from edgeml.quantize.walk import walk
from edgeml.sparsify.rows import input_rows, weight_matrix


def activation_scores(graph: Graph, names: Iterable[str], samples: Samples) -> dict[str, Array]:
    """Scores >= 0 in the shape of each weight tensor in `names`, over `samples` (N, …)."""
    wanted = set(names)
    scores: dict[str, Array] = {}
    values = walk(graph, samples)
    for position, node in enumerate(graph.nodes):
        if len(node.inputs) > 1 and node.inputs[1] in wanted:
            bound, x = graph.bind(node), values.arguments(graph, position)[0]
            assert x is not None
            rows, _ = input_rows(bound, x)
            score = magnitude_scores(weight_matrix(bound) * np.sqrt(np.square(rows, dtype=np.float64).mean(axis=0)))
            score = score.reshape(bound.input(1).shape)
            known = scores.get(node.inputs[1])
            scores[node.inputs[1]] = score if known is None else np.maximum(known, score)
        values.step(graph, position)
    return scores
