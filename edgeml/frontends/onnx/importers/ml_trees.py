"""TreeEnsembleRegressor, TreeEnsembleClassifier and, since version 5 of ai.onnx.ml, TreeEnsemble."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary
from edgeml.frontends.onnx.importers.ml_common import (
    class_labels,
    floats,
    label_output,
    post_transform,
    rows,
    two_classes,
)
from edgeml.frontends.onnx.importers.ml_forest import Branch, Forest, Key, Leaf
from edgeml.frontends.onnx.importers.ml_linear import ML
from edgeml.ir import Array

_MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")
_AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")
_TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")


def tree_regressor(call: Call) -> None:
    """One column a target."""
    x, targets = rows(call), call.integer("n_targets", 1)
    scores = _old_forest(call, x, "target", targets, call.text("aggregate_function", "SUM"))
    call.result(post_transform(call, _with_base(call, scores, targets)))


def tree_classifier(call: Call) -> None:
    """Scores of each class and the label of the highest.

    Two classes of which only one has weights are one score, from which both are formed as ONNX Runtime does. Its label
    leaves classes out to which no leaf gives a weight; here their score is 0.
    """
    x = rows(call)
    numbers, classes = class_labels(call, "classlabels_int64s")
    ids = set(call.integers("class_ids") or ())
    if classes == 2 and len(ids) == 1:
        score = _old_forest(call, x, "class", 1, "SUM", next(iter(ids)))
        positive = bool((floats(call, "class_weights") >= 0).all())
        scores = two_classes(call, _with_base(call, score, 1), positive)
    else:
        scores = post_transform(call, _with_base(call, _old_forest(call, x, "class", classes, "SUM"), classes))
    label_output(call, scores, numbers)
    call.result(scores, 1)


def _with_base(call: Call, scores: str, outputs: int) -> str:
    base = _numbers(call, "base_values")
    if not base.any():
        return scores
    if base.size not in (1, outputs):
        raise call.damaged(f"{base.size} base values do not fit {outputs} outputs")
    return binary(call, "add", scores, call.new_constant("base", base.reshape(1, -1)))


def _numbers(call: Call, name: str) -> Array:
    """Numbers as an attribute of floats or, for doubles, as a tensor `name_as_tensor`."""
    tensor = call.attribute(f"{name}_as_tensor")
    if isinstance(tensor, np.ndarray):
        return np.asarray(tensor, np.float32).reshape(-1)
    return floats(call, name)


def _old_forest(call: Call, x: str, prefix: str, outputs: int, aggregate: str, shift: int = 0) -> str:
    """Nodes by (tree, node), weights of leaves in lists of their own; `shift` is the id of the first output."""
    names = ("treeids", "nodeids", "featureids", "truenodeids", "falsenodeids")
    tree, node, feature, yes, no = (call.integers(f"nodes_{n}") or () for n in names)
    modes, values = call.attribute("nodes_modes"), _numbers(call, "nodes_values")
    missing = call.integers("nodes_missing_value_tracks_true") or (0,) * len(tree)
    lengths = {len(tree), len(node), len(feature), len(yes), len(no), values.size, len(missing)}
    if not tree or not isinstance(modes, tuple) or lengths != {len(modes)}:
        raise call.damaged("the lists of tree nodes must be of one length, and not empty")
    weights = _leaf_weights(call, prefix, outputs, shift)
    place = {key: i for i, key in enumerate(zip(tree, node, strict=True))}
    scale = 1.0 / len(set(tree)) if aggregate == "AVERAGE" else 1.0
    if len(place) != len(tree) or aggregate not in ("SUM", "AVERAGE"):
        raise call.damaged("tree nodes must have ids of their own, and be added or averaged")

    def find(key: Key) -> Branch | Leaf:
        if key not in place:
            raise call.damaged(f"there is no tree node {key}")
        i = place[key]
        reached.add(key)
        if modes[i] == "LEAF":
            return Leaf(tuple(w * scale for w in weights.get((tree[i], node[i]), [0.0] * outputs)))
        children = (tree[i], yes[i]), (tree[i], no[i])
        return Branch(str(modes[i]), feature[i], float(values[i]), *children, bool(missing[i]))

    reached: set[Key] = set()
    forest = Forest(call, call.type_of(x)[0][1], find)
    for root in _roots(call, tree, node, yes, no, modes):
        forest.add(root)
    if len(reached) != len(place):
        raise call.damaged("there are tree nodes that no root leads to")
    return forest.emit(x, outputs)


def _roots(
    call: Call,
    tree: tuple[int, ...],
    node: tuple[int, ...],
    yes: tuple[int, ...],
    no: tuple[int, ...],
    modes: tuple[object, ...],
) -> list[tuple[int, int]]:
    """The first node of each tree that is no node's child; trees in the order of the file."""
    children = {(t, c) for t, y, n, m in zip(tree, yes, no, modes, strict=True) if m != "LEAF" for c in (y, n)}
    roots = [key for key in zip(tree, node, strict=True) if key not in children]
    order = list(dict.fromkeys(tree))
    if [t for t, _ in sorted(roots, key=lambda key: order.index(key[0]))] != order:
        raise call.damaged("every tree must have one node that is no node's child")
    return sorted(roots, key=lambda key: order.index(key[0]))


def _leaf_weights(call: Call, prefix: str, outputs: int, shift: int) -> dict[tuple[int, int], list[float]]:
    trees, nodes, ids = (call.integers(f"{prefix}_{n}") or () for n in ("treeids", "nodeids", "ids"))
    values = _numbers(call, f"{prefix}_weights")
    if not len(trees) == len(nodes) == len(ids) == values.size:
        raise call.damaged("the lists of leaf weights must be of one length")
    weights: dict[tuple[int, int], list[float]] = {}
    for t, n, output, value in zip(trees, nodes, ids, values.tolist(), strict=True):
        if not 0 <= output - shift < outputs:
            raise call.damaged(f"a leaf has a weight for output {output} of {outputs}")
        weights.setdefault((t, n), [0.0] * outputs)[output - shift] += value
    return weights


def tree_ensemble(call: Call) -> None:
    """Nodes and leaves by index; a leaf has a weight for one target."""
    x, targets = rows(call), call.integer("n_targets", 1)
    aggregate, transform = call.integer("aggregate_function", 1), call.integer("post_transform")
    if aggregate not in (0, 1) or transform not in (0, 1, 2):
        raise call.unsupported(
            f"aggregation {_name(_AGGREGATES, aggregate)} with post transform {_name(_TRANSFORMS, transform)} is not "
            "supported.", "Use sums or averages with none, softmax or logistic.",
        )  # fmt: skip
    names = ("nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_trueleafs", "nodes_falseleafs")
    feature, yes, no, yes_leaf, no_leaf = (call.integers(n) or () for n in names)
    roots, leaf_ids = call.integers("tree_roots") or (), call.integers("leaf_targetids") or ()
    missing = call.integers("nodes_missing_value_tracks_true") or (0,) * len(feature)
    modes, splits, weights = (_tensor(call, n) for n in ("nodes_modes", "nodes_splits", "leaf_weights"))
    lengths = {len(feature), len(yes), len(no), len(yes_leaf), len(no_leaf), modes.size, splits.size, len(missing)}
    if not roots or len(lengths) != 1 or len(leaf_ids) != weights.size:
        raise call.damaged("the lists of tree nodes and of leaves must be of one length each, and not empty")
    scale = 1.0 / len(roots) if aggregate == 0 else 1.0

    def find(key: Key) -> Branch | Leaf:
        is_leaf, i = key
        if not 0 <= i < (len(leaf_ids) if is_leaf else len(feature)):
            raise call.damaged(f"there is no tree node {i}")
        if is_leaf:
            if not 0 <= leaf_ids[i] < targets:
                raise call.damaged(f"a leaf has a weight for target {leaf_ids[i]} of {targets}")
            return Leaf(tuple(float(weights[i]) * scale if t == leaf_ids[i] else 0.0 for t in range(targets)))
        mode, children = (
            _name(_MODES, int(modes[i])),
            ((int(bool(yes_leaf[i])), yes[i]), (int(bool(no_leaf[i])), no[i])),
        )
        return Branch(mode, feature[i], float(splits[i]), *children, bool(missing[i]))

    # a tree of one leaf is a node whose two children are that leaf
    forest = Forest(call, call.type_of(x)[0][1], find)
    for root in roots:
        node = find((0, root))
        assert isinstance(node, Branch)
        forest.add(node.yes if node.yes == node.no and node.yes[0] else (0, root))
    scores = forest.emit(x, targets)
    if transform:
        scores = call.emit("softmax", [scores], beta=1.0) if transform == 1 else call.emit("logistic", [scores])
    call.result(scores)


def _tensor(call: Call, name: str) -> Array:
    value = call.attribute(name)
    if not isinstance(value, np.ndarray):
        raise call.damaged(f"attribute {name} must be a tensor")
    return value.reshape(-1)


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if 0 <= index < len(names) else str(index)


IMPORTERS = {
    (ML, "TreeEnsembleRegressor"): tree_regressor,
    (ML, "TreeEnsembleClassifier"): tree_classifier,
    (ML, "TreeEnsemble"): tree_ensemble,
}
