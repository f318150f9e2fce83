"""Decision trees."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Attributes, Graph
from edgeml.ops.tree_ensemble import MISSING_LEFT
from tests.contract.cases.draft import Draft, Rng


def _grow(rng: Rng, depth: int, features: int, leaves: int, nodes: list[list[float]]) -> None:
    """Append one tree in pre-order as [feature, threshold, next]."""
    node: list[float] = [-1, 0.0, int(rng.integers(leaves))]
    nodes.append(node)
    if depth == 0 or rng.random() < 0.2:
        return
    missing = MISSING_LEFT if rng.random() < 0.5 else 0
    node[:2] = int(rng.integers(features)) | missing, float(rng.normal())
    _grow(rng, depth - 1, features, leaves, nodes)
    node[2] = len(nodes)
    _grow(rng, depth - 1, features, leaves, nodes)


def tree_ensemble(rng: Rng, int8: bool) -> Graph:
    assert not int8
    d = Draft(rng, False)
    features, outputs, leaves = (int(n) for n in rng.integers(1, 8, 3))
    nodes: list[list[float]] = []
    roots = []
    for _ in range(int(rng.integers(1, 6))):
        roots.append(len(nodes))
        _grow(rng, int(rng.integers(0, 6)), features, leaves, nodes)
    feature, threshold, following = zip(*nodes, strict=True)
    x = d.input((1 if rng.random() < 0.7 else int(rng.integers(2, 5)), features))
    constants = [
        d.builder.constant("feature", np.asarray(feature, np.int16)),
        d.builder.constant("threshold", np.asarray(threshold, np.float32)),
        d.builder.constant("next", np.asarray(following, np.int32)),
        d.builder.constant("roots", np.asarray(roots, np.int32)),
        d.builder.constant("weights", rng.normal(size=(leaves, outputs)).astype(np.float32)),
    ]
    return d.build("tree_ensemble", [x, *constants], Attributes(), None)


CASES = {"tree_ensemble": tree_ensemble}
