"""A fitted scikit-learn estimator as an .onnx file that computes its scores, through skl2onnx."""

from __future__ import annotations

import re
from typing import Any

from edgeml.errors import UnsupportedError
from edgeml.extras import require

_OPSETS = {"": 18, "ai.onnx.ml": 3}


def sklearn_to_onnx(estimator: Any) -> tuple[bytes, tuple[str, ...]]:
    """(bytes of an .onnx file, names of the classes) of a fitted estimator or pipeline; samples are float32 rows.

    A classifier's only output is its scores: probabilities where it has them, else the decision function. Labels follow
    from these and from the names, which are the estimator's `classes_`. Regressors give their prediction, transformers
    their features. Raises UnsupportedError.
    """
    converter = require("skl2onnx", "sklearn")
    types = require("skl2onnx.common.data_types", "sklearn")
    what = f"scikit-learn model {type(estimator).__name__}"
    features = getattr(estimator, "n_features_in_", None)
    if features is None:
        raise UnsupportedError(f"{what}: is not fitted. Call fit on training data first.")
    classes = getattr(estimator, "classes_", None)
    try:
        model = converter.convert_sklearn(
            estimator,
            initial_types=[("x", types.FloatTensorType([None, int(features)]))],
            target_opset=_OPSETS,
            options=_options(estimator) if classes is not None else None,
        )
    except Exception as error:  # skl2onnx raises many types of its own
        reason = " ".join(re.split(r"\n|https?:", str(error).strip() or type(error).__name__)[0].split())
        raise UnsupportedError(f"{what}: skl2onnx cannot convert it ({reason}). Use another estimator.") from error
    outputs = list(model.graph.output)
    # a classifier's or detector's label comes first, its scores last
    _keep_output(model, outputs[-1].name)
    return model.SerializeToString(deterministic=True), tuple(str(c) for c in classes) if classes is not None else ()


def _options(estimator: Any) -> dict[int, dict[str, Any]]:
    """Scores as an array and not as a list of dictionaries; margins where there are no probabilities."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    supported = require("skl2onnx", "sklearn").supported_converters  # noqa: F841
    options: dict[str, Any] = {"zipmap": False}
    if not hasattr(last, "predict_proba"):
        options = {"raw_scores": True}
    return {id(last): options}


def _keep_output(model: Any, name: str) -> None:
    """Leave one output, and only the nodes that it depends on."""
    graph = model.graph
    needed, kept = {name}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            needed.update(node.input)
            kept.append(node)
    nodes = list(reversed(kept))
    outputs = [o for o in graph.output if o.name == name]
    del graph.node[:], graph.output[:]
    graph.node.extend(nodes)
    graph.output.extend(outputs)
