"""Operators of ai.onnx.ml against ONNX Runtime, and models of them that are damaged or hostile."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run

ML = "ai.onnx.ml"
INTEGERS = ("label",)


def model(op: str, outputs: tuple[str, ...], features: int = 3, version: int = 3, **attrs: Any) -> bytes:
    node = helper.make_node(op, ["x"], list(outputs), domain=ML, name="ml", **attrs)
    types = [TensorProto.INT64 if o in INTEGERS else TensorProto.FLOAT for o in outputs]
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", features])],
        [helper.make_tensor_value_info(o, t, None) for o, t in zip(outputs, types, strict=True)],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(ML, version)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def compare(data: bytes, x: np.ndarray, bound: float = 1e-5) -> dict[str, np.ndarray]:
    """Ours for all samples, after comparing each output with ONNX Runtime's."""
    graph = from_onnx(data)
    session = onnxruntime.InferenceSession(data)
    wanted = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"x": x}), strict=True))
    rows = [run(graph, {"x": row[None]}) for row in x]
    ours = {name: np.concatenate([r[name] for r in rows]) for name in wanted}
    for name, want in wanted.items():
        if want.dtype == np.float32:
            np.testing.assert_allclose(ours[name].reshape(want.shape), want, rtol=bound, atol=bound, err_msg=name)
        else:
            np.testing.assert_array_equal(ours[name].reshape(want.shape), want, err_msg=name)
    return ours


def samples(count: int = 60, features: int = 3, missing: bool = False) -> np.ndarray:
    rng = np.random.default_rng(0)
    # whole numbers meet the thresholds exactly
    x = rng.integers(-3, 4, (count, features)).astype(np.float32)
    x[::2] += rng.normal(size=x[::2].shape).astype(np.float32)
    if missing:
        x[rng.random(x.shape) < 0.2] = np.nan
    return x


def trees(
    prefix: str, rng: np.random.Generator, outputs: int, mode: str, count: int = 3, full: bool = False
) -> dict[str, Any]:
    """Random trees, their nodes in any order and their roots not first."""
    nodes: list[tuple[Any, ...]] = []
    leaves: list[tuple[Any, ...]] = []

    def grow(tree: int, depth: int) -> int:
        ident = sum(n[0] == tree for n in nodes)
        place = len(nodes)
        nodes.append((tree, ident, 0, "LEAF", 0.0, 0, 0, 0))
        if depth:
            yes, no = grow(tree, depth - 1), grow(tree, int(rng.integers(depth)))
            value, missing = float(rng.integers(-3, 4)), int(rng.integers(2))
            nodes[place] = (tree, ident, int(rng.integers(3)), mode, value, yes, no, missing)
        else:
            chosen = range(outputs) if full or rng.random() < 0.5 else [int(rng.integers(outputs))]
            leaves.extend((tree, ident, o, float(rng.normal())) for o in chosen)
        return ident

    for tree in range(count):
        grow(tree, int(rng.integers(0, 4)))
    keys = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids",
            "missing_value_tracks_true")  # fmt: skip
    attrs = {f"nodes_{k}": list(v) for k, v in zip(keys, zip(*nodes, strict=True), strict=True)}
    kinds = ("treeids", "nodeids", "ids", "weights")
    return {**attrs, **{f"{prefix}_{k}": list(v) for k, v in zip(kinds, zip(*leaves, strict=True), strict=True)}}


@pytest.mark.parametrize("mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"])
@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE"])
def test_tree_regressors(mode: str, aggregate: str) -> None:
    for seed in range(6):
        attrs = trees("target", np.random.default_rng(seed), 2, mode)
        data = model("TreeEnsembleRegressor", ("y",), n_targets=2, aggregate_function=aggregate,
                     base_values=[0.5, -1.0], **attrs)  # fmt: skip
        compare(data, samples(missing=True))


@pytest.mark.parametrize("transform", ["NONE", "SOFTMAX", "LOGISTIC"])
def test_tree_classifiers(transform: str) -> None:
    for seed in range(6):
        attrs = trees("class", np.random.default_rng(seed), 3, "BRANCH_LEQ", full=True)
        data = model("TreeEnsembleClassifier", ("label", "scores"), post_transform=transform,
                     classlabels_int64s=[3, 7, 5], **attrs)  # fmt: skip
        compare(data, samples())


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC"])
@pytest.mark.parametrize("positive", [False, True])
def test_two_classes_from_the_weights_of_one(transform: str, positive: bool) -> None:
    attrs = trees("class", np.random.default_rng(1), 1, "BRANCH_LEQ")
    if positive:
        attrs["class_weights"] = [abs(w) / 8 for w in attrs["class_weights"]]
    data = model("TreeEnsembleClassifier", ("label", "scores"), post_transform=transform,
                 classlabels_int64s=[0, 1], **attrs)  # fmt: skip
    graph, x = from_onnx(data), samples()
    want = onnxruntime.InferenceSession(data).run(["scores"], {"x": x})[0]
    ours = np.concatenate([run(graph, {"x": row[None]})["scores"] for row in x])
    np.testing.assert_allclose(ours, want, rtol=1e-5, atol=1e-6)


def new_trees(aggregate: int = 1, transform: int = 0, **changes: Any) -> bytes:
    """Two trees, the second of one leaf."""
    tensors = {
        "nodes_modes": np.asarray([0, 1, 3, 0], np.uint8),
        "nodes_splits": np.asarray([0.5, -1.0, 2.0, 0.0], np.float32),
        "leaf_weights": np.asarray([5.0, -2.0, 3.5, 1.0, 10.0], np.float32),
    }
    attrs: dict[str, Any] = {
        "nodes_featureids": [0, 1, 2, 0], "nodes_truenodeids": [1, 0, 2, 4], "nodes_falsenodeids": [2, 1, 3, 4],
        "nodes_trueleafs": [0, 1, 1, 1], "nodes_falseleafs": [0, 1, 1, 1], "tree_roots": [0, 3],
        "leaf_targetids": [0, 1, 0, 1, 1], "n_targets": 2, "aggregate_function": aggregate, "post_transform": transform,
    }  # fmt: skip
    attrs.update(changes)
    return model(
        "TreeEnsemble", ("y",), version=5, **attrs, **{k: numpy_helper.from_array(v) for k, v in tensors.items()}
    )


@pytest.mark.parametrize("transform", [0, 1, 2])
def test_the_newer_tree_ensemble(transform: int) -> None:
    raw = compare(new_trees(), samples())["y"].astype(np.float64)
    compare(new_trees(aggregate=0), samples())
    # ONNX Runtime takes number 1 for LOGISTIC and 2 for SOFTMAX, the standard says the opposite
    e = np.exp(raw)
    want = (raw, e / e.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-raw)))[transform]
    graph, x = from_onnx(new_trees(transform=transform)), samples()
    ours = np.concatenate([run(graph, {"x": row[None]})["y"] for row in x])
    np.testing.assert_allclose(ours, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{"nodes_truenodeids": [0, 0, 2, 4]}, {"nodes_truenodeids": [9, 0, 2, 4]}, {"nodes_featureids": [7, 1, 2, 0]},
     {"nodes_featureids": [-1, 1, 2, 0]}, {"leaf_targetids": [0, 2, 0, 1, 1]}, {"tree_roots": [9]},
     {"tree_roots": [-1]},
     {"nodes_trueleafs": [0, 1]}, {"nodes_falsenodeids": [1, 1, 3, 4]}, {"leaf_targetids": [0]}],
)  # fmt: skip
def test_damaged_trees_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError):
        from_onnx(new_trees(**changes))


@pytest.mark.parametrize("changes", [{"aggregate": 2}, {"transform": 4}])
def test_what_trees_cannot_do_is_said(changes: dict[str, int]) -> None:
    with pytest.raises(UnsupportedError, match="is not supported"):
        from_onnx(new_trees(**changes))


def test_a_circle_of_old_nodes_is_refused() -> None:
    attrs = trees("target", np.random.default_rng(3), 1, "BRANCH_LEQ", 1)
    inner = next(i for i, m in enumerate(attrs["nodes_modes"]) if m != "LEAF")
    attrs["nodes_truenodeids"][inner] = attrs["nodes_nodeids"][inner]
    with pytest.raises(ModelFormatError, match=r"no node's child|no root leads to"):
        from_onnx(model("TreeEnsembleRegressor", ("y",), n_targets=1, **attrs))


def vectors(classes: int, per_class: list[int], rng: np.random.Generator) -> dict[str, Any]:
    count, pairs = sum(per_class), classes * (classes - 1) // 2
    return {
        "vectors_per_class": per_class, "support_vectors": rng.normal(size=count * 3).astype(np.float32).tolist(),
        "coefficients": rng.normal(size=(classes - 1) * count).astype(np.float32).tolist(),
        "rho": rng.normal(size=pairs).astype(np.float32).tolist(), "classlabels_ints": list(range(classes)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "params"),
    [("LINEAR", [1, 0, 1]), ("RBF", [0.3, 0, 0]), ("POLY", [0.5, 1.0, 3]), ("SIGMOID", [0.2, 0.1, 0])],
)
@pytest.mark.parametrize("per_class", [[3, 4, 2], [2, 1, 3, 2]])
def test_vector_classifiers(kernel: str, params: list[float], per_class: list[int]) -> None:
    attrs = vectors(len(per_class), per_class, np.random.default_rng(5))
    data = model(
        "SVMClassifier", ("label", "scores"), kernel_type=kernel, kernel_params=list(map(float, params)), **attrs
    )
    compare(data, samples())


def test_vectors_of_two_classes_with_probabilities() -> None:
    attrs = vectors(2, [3, 4], np.random.default_rng(5))
    data = model("SVMClassifier", ("label", "scores"), kernel_type="RBF", kernel_params=[0.3, 0.0, 0.0],
                 prob_a=[-1.5], prob_b=[0.2], **attrs)  # fmt: skip
    # ONNX Runtime finds even two probabilities by iteration, to 1 in 400
    compare(data, samples(), 2.5e-3)


@pytest.mark.parametrize("one_class", [0, 1])
def test_vector_regressors(one_class: int) -> None:
    rng = np.random.default_rng(5)
    attrs = {
        "kernel_type": "RBF", "kernel_params": [0.3, 0.0, 0.0], "n_supports": 5, "one_class": one_class, "rho": [0.1],
        "coefficients": rng.normal(size=5).tolist(), "support_vectors": rng.normal(size=15).tolist(),
    }  # fmt: skip
    compare(model("SVMRegressor", ("y",), **attrs), samples())


def test_linear_models_and_preparation() -> None:
    x = samples()
    compare(model("LinearRegressor", ("y",), targets=2, coefficients=[1.0, 2, 3, -1, 0, 1], intercepts=[0.5, 1]), x)
    for transform in ("NONE", "SOFTMAX", "LOGISTIC"):
        compare(model("LinearClassifier", ("label", "scores"), coefficients=[1.0, 2, 3, -1, 0, 1, 2, 0, -2],
                      intercepts=[0.5, 1, 0], classlabels_ints=[4, 5, 6], post_transform=transform), x)  # fmt: skip
    compare(model("Scaler", ("y",), offset=[1.0, 2, 3], scale=[0.5, 2, 1]), x)
    compare(model("Scaler", ("y",), offset=[1.0], scale=[0.5]), x)
    for norm in ("L1", "L2"):
        compare(model("Normalizer", ("y",), norm=norm), x)
    compare(model("Normalizer", ("y",), norm="MAX"), np.abs(x) + 1)


@pytest.mark.parametrize(
    ("op", "attrs"),
    [("LinearRegressor", {"coefficients": [1.0], "targets": 1}),
     ("LinearRegressor", {"coefficients": [float("nan")] * 3}), ("Scaler", {"offset": [1.0, 2.0]}),
     ("Normalizer", {"norm": "L9"}), ("SVMRegressor", {"coefficients": [1.0], "rho": [1.0], "n_supports": 9}),
     ("TreeEnsembleRegressor", {"n_targets": 1}), ("TreeEnsembleRegressor", {"n_targets": 10**9})],
)  # fmt: skip
def test_damaged_attributes_are_refused(op: str, attrs: dict[str, Any]) -> None:
    with pytest.raises(EdgeMLError):
        from_onnx(model(op, ("y",), **attrs))
