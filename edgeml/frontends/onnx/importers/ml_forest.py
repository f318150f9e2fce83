"""Decision trees as tables: any file's nodes put into the pre-order that tree_ensemble walks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ir import Array
from edgeml.ops.tree_ensemble import MAX_FEATURES, MISSING_LEFT

_MAX_NODES = 1 << 24
_DOWN = np.float32(-np.inf)
# how a file names a node, in two numbers
Key = tuple[int, int]


@dataclass(frozen=True)
class Branch:
    """An inner node: to `yes` where the comparison `mode` of the feature with `value` holds, else to `no`."""

    mode: str
    feature: int
    value: float
    yes: Key
    no: Key
    missing_yes: bool = False


@dataclass(frozen=True, eq=False)
class Leaf:
    """What a leaf adds to each output."""

    weights: tuple[float, ...]


@dataclass
class Forest:
    """Trees in the making. `find` gives the node behind a key of the file."""

    call: Call
    features: int
    find: Callable[[Key], Branch | Leaf]
    nodes: list[tuple[int, float, int]] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    rows: dict[tuple[float, ...], int] = field(default_factory=dict)

    def add(self, root: Key) -> None:
        """Append one tree in pre-order. Raises ModelFormatError for circles and shared nodes."""
        self.roots.append(len(self.nodes))
        seen: set[Key] = set()
        # (key of the node, place of the parent that it is the right child of)
        pending: list[tuple[Key, int]] = [(root, -1)]
        while pending:
            key, parent = pending.pop()
            if parent >= 0:
                self.nodes[parent] = (*self.nodes[parent][:2], len(self.nodes))
            node = self.find(key)
            if key in seen or len(self.nodes) >= _MAX_NODES:
                raise self.call.damaged(f"tree node {key} has two parents, or there are too many nodes")
            if isinstance(node, Leaf):
                self.nodes.append((-1, 0.0, self.rows.setdefault(node.weights, len(self.rows))))
                continue
            seen.add(key)
            threshold, left, right, missing_left = self._ordered(node)
            pending += [(right, len(self.nodes)), (left, -1)]
            self.nodes.append((node.feature | (MISSING_LEFT if missing_left else 0), threshold, 0))

    def _ordered(self, node: Branch) -> tuple[float, Key, Key, bool]:
        """Any comparison as `value <= threshold`: (threshold, left, right, NaN goes left)."""
        if not 0 <= node.feature < min(self.features, MAX_FEATURES):
            raise self.call.damaged(f"a tree reads feature {node.feature} of {self.features}")
        value = np.float32(node.value)
        if np.isnan(value):
            raise self.call.damaged("a tree's threshold is NaN")
        # x < v is x <= the next number below v
        if node.mode in ("BRANCH_LT", "BRANCH_GTE"):
            value = np.nextafter(value, _DOWN)
        if node.mode in ("BRANCH_LEQ", "BRANCH_LT"):
            return float(value), node.yes, node.no, node.missing_yes
        if node.mode in ("BRANCH_GT", "BRANCH_GTE"):
            # a comparison with NaN is false: to `no`, which is left here
            return float(value), node.no, node.yes, not node.missing_yes
        raise self.call.unsupported(f"a tree that compares by {node.mode} is not supported.", "Use ordered features.")

    def emit(self, x: str, outputs: int) -> str:
        """The operator on x (samples, features): (samples, outputs)."""
        feature, threshold, following = zip(*self.nodes, strict=True)
        weights = np.asarray(list(self.rows), np.float32).reshape(-1, outputs)
        tables: dict[str, Array] = {
            "feature": np.asarray(feature, np.int16),
            "threshold": np.asarray(threshold, np.float32),
            "next": np.asarray(following, np.int32),
            "roots": np.asarray(self.roots, np.int32),
            "weights": weights,
        }
        return self.call.emit("tree_ensemble", [x, *(self.call.new_constant(k, v) for k, v in tables.items())])
