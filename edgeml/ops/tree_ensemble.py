"""tree_ensemble: the sum of what many decision trees say (trees, random forests, gradient boosting)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, OnnxEmitter, Operand, Operator, Result, Unsupported

# a node's feature index has this bit set where a missing value (NaN) goes left
MISSING_LEFT = 0x4000
MAX_FEATURES = MISSING_LEFT


def constant_trees(bound: BoundNode) -> bool:
    """the trees must be constants: feature int16, threshold float32, next int32, roots int32, weights float32"""
    dtypes = (DType.INT16, DType.FLOAT32, DType.INT32, DType.INT32, DType.FLOAT32)
    tensors = [bound.optional(i) for i in range(1, 6)]
    return all(t is not None and t.is_constant and t.dtype is d for t, d in zip(tensors, dtypes, strict=True))


def well_formed(bound: BoundNode) -> bool:
    """trees must be in pre-order, and every index within its table"""
    feature, _, following, roots, weights = _trees(bound)
    count, place = len(feature), np.arange(len(feature))
    leaf = feature < 0
    inner = ~leaf
    return bool(
        ((roots >= 0) & (roots < count)).all()
        and ((following[leaf] >= 0) & (following[leaf] < len(weights))).all()
        # the left child follows its parent, the right one lies behind the left one's tree
        and ((following[inner] > place[inner] + 1) & (following[inner] < count)).all()
        and ((feature[inner] & (MISSING_LEFT - 1)) < bound.input(0).shape[1]).all()
    )


class TreeEnsemble(Operator[Attributes]):
    """x (N, F), feature (M,), threshold (M,), next (M,), roots (R,), weights (L, T) -> (N, T).

    Walks each tree from its root: at node i with `feature[i] >= 0` left, to i + 1, where
    `x[feature[i] & 0x3fff] <= threshold[i]` (or the value is NaN and bit 0x4000 is set), else right, to `next[i]`. At a
    leaf, where `feature[i]` is -1, row `next[i]` of the weights is added to the output, in float32 and in the order of
    the roots. Averages have their factor in the weights.
    """

    name = "tree_ensemble"
    litert = Unsupported("LiteRT has no builtin for decision trees")
    onnx = "ai.onnx.ml.TreeEnsembleRegressor"
    kernels = ("tree_ensemble_f32",)
    dtypes = (DType.FLOAT32,)
    constraints = (constant_trees, well_formed)

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        shapes = [t.shape for t in inputs if t is not None]
        if len(shapes) != 6 or [len(s) for s in shapes] != [2, 1, 1, 1, 1, 2]:
            raise GraphError(f"tree_ensemble: takes x (N, F), four vectors and weights (L, T). Got {shapes}.")
        if not 1 <= shapes[0][1] <= MAX_FEATURES or not shapes[1] == shapes[2] == shapes[3]:
            raise GraphError(
                f"tree_ensemble: feature, threshold and next must be of one length, F at most {MAX_FEATURES}. Got "
                f"{shapes}."
            )
        return (TensorType((shapes[0][0], shapes[5][1]), DType.FLOAT32),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x = inputs[0]
        assert x is not None
        feature, threshold, following, roots, weights = _trees(bound)
        rows = np.arange(len(x))
        total = np.zeros((len(x), weights.shape[1]), np.float32)
        for root in roots:
            place = np.full(len(x), root)
            while (inner := feature[place] >= 0).any():
                value = x[rows, np.where(inner, feature[place] & (MISSING_LEFT - 1), 0)]
                missing_left = np.isnan(value) & ((feature[place] & MISSING_LEFT) != 0)
                left = (value <= threshold[place]) | missing_left
                place = np.where(inner, np.where(left, place + 1, following[place]), place)
            total += weights[following[place]]
        return (total,)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = onnx_attributes(*_trees(bound))
        value = onnx.node("TreeEnsembleRegressor", [onnx.input(bound, 0)], domain="ai.onnx.ml", **attrs)
        onnx.output(bound, value)

    def kernel(self, bound: BoundNode) -> KernelCall:
        (batch, features), outputs = bound.input(0).shape, bound.output.shape[1]
        params = {"batch": batch, "features": features, "trees": bound.input(4).shape[0], "outputs": outputs}
        return KernelCall("tree_ensemble_f32", params, (*(Operand(i) for i in range(6)), Result()))


def _trees(bound: BoundNode) -> tuple[Array, Array, Array, Array, Array]:
    data = [bound.input(i).data for i in range(1, 6)]
    feature, threshold, following, roots, weights = (d for d in data if d is not None)
    return feature, threshold, following, roots, weights


def onnx_attributes(feature: Array, threshold: Array, following: Array, roots: Array, weights: Array) -> dict[str, Any]:
    """Attributes of TreeEnsembleRegressor: a record for each node, and one for each weight of each leaf."""
    nodes: dict[str, list[Any]] = {
        f"nodes_{k}": []
        for k in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids",
                  "missing_value_tracks_true")
    }  # fmt: skip
    targets: dict[str, list[Any]] = {f"target_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")}
    for tree, root in enumerate(roots.tolist()):
        last = _end(feature, following, root)
        for i in range(root, last):
            f = int(feature[i])
            record = (tree, i - root, 0, "LEAF", 0.0, 0, 0, 0)
            if f >= 0:
                right = int(following[i]) - root
                record = (
                    tree, i - root, f & (MISSING_LEFT - 1), "BRANCH_LEQ", float(threshold[i]), i - root + 1, right,
                    int(bool(f & MISSING_LEFT)),
                )  # fmt: skip
            else:
                for output, weight in enumerate(weights[following[i]].tolist()):
                    for key, value in zip(targets, (tree, i - root, output, weight), strict=True):
                        targets[key].append(value)
            for key, value in zip(nodes, record, strict=True):
                nodes[key].append(value)
    return {**nodes, **targets, "n_targets": weights.shape[1], "aggregate_function": "SUM", "post_transform": "NONE"}


def _end(feature: Array, following: Array, root: int) -> int:
    """One past the last node of the tree at `root`: the leaf at the end of its chain of right children."""
    place = root
    while feature[place] >= 0:
        place = int(following[place])
    return place + 1
