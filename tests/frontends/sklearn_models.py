"""scikit-learn models, fitted on the data sets in its wheel."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def _models() -> Mapping[str, tuple[str, Callable[[], Any]]]:
    try:
        from sklearn import (
            decomposition,
            discriminant_analysis,
            ensemble,
            linear_model,
            naive_bayes,
            neural_network,
            pipeline,
            preprocessing,
            svm,
            tree,
        )
    except ModuleNotFoundError:
        return {}
    scaled = pipeline.make_pipeline
    scaler = preprocessing.StandardScaler

    def perceptron(layers: tuple[int, ...]) -> Any:
        return neural_network.MLPClassifier(layers, random_state=0, max_iter=40)

    return {
        "linear regression": ("diabetes", linear_model.LinearRegression),
        "logistic regression": ("iris", lambda: linear_model.LogisticRegression(max_iter=2000)),
        "logistic regression of two": (
            "cancer", lambda: scaled(scaler(), linear_model.LogisticRegression(max_iter=2000))
        ),
        "linear margin": ("iris", lambda: scaled(scaler(), svm.LinearSVC(random_state=0))),
        "tree of numbers": ("diabetes", lambda: tree.DecisionTreeRegressor(max_depth=6, random_state=0)),
        "tree of classes": ("digits", lambda: tree.DecisionTreeClassifier(random_state=0)),
        "forest of numbers": ("diabetes", lambda: ensemble.RandomForestRegressor(10, max_depth=8, random_state=0)),
        "forest of classes": ("digits", lambda: ensemble.RandomForestClassifier(10, random_state=0)),
        "forest of named classes": ("named", lambda: ensemble.RandomForestClassifier(5, random_state=0)),
        "extra trees": ("cancer", lambda: ensemble.ExtraTreesClassifier(8, random_state=0)),
        "boosted numbers": ("diabetes", lambda: ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0)),
        "boosted two classes": (
            "cancer", lambda: ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0)
        ),
        "boosted classes": ("iris", lambda: ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0)),
        "perceptron of classes": ("digits", lambda: scaled(preprocessing.MinMaxScaler(), perceptron((24,)))),
        "perceptron of two classes": ("cancer", lambda: scaled(scaler(), perceptron((8,)))),
        "perceptron of numbers": (
            "diabetes",
            lambda: neural_network.MLPRegressor(hidden_layer_sizes=(16, 8), activation="tanh", random_state=0),
        ),
        "vectors, radial": ("iris", svm.SVC),
        "vectors of two, radial": ("cancer", lambda: scaled(scaler(), svm.SVC())),
        "vectors, polynomial": ("iris", lambda: scaled(scaler(), svm.SVC(kernel="poly", coef0=1.0))),
        "vectors, sigmoid": ("iris", lambda: scaled(scaler(), svm.SVC(kernel="sigmoid"))),
        "vectors, linear": ("iris", lambda: svm.SVC(kernel="linear")),
        "vectors of many": ("digits", svm.SVC),
        "vectors of numbers": ("diabetes", svm.SVR),
        "outliers": ("iris", svm.OneClassSVM),
        "rows of length 1": ("iris", lambda: scaled(preprocessing.Normalizer(), linear_model.Ridge())),
        "rows that add to 1": ("iris", lambda: scaled(preprocessing.Normalizer("l1"), linear_model.Ridge())),
        "rows up to 1": ("iris", lambda: scaled(preprocessing.Normalizer("max"), linear_model.Ridge())),
        "bayes": ("iris", naive_bayes.GaussianNB),
        "gradient descent": (
            "iris", lambda: scaled(scaler(), linear_model.SGDClassifier(loss="log_loss", random_state=0))
        ),
        "discriminants": ("iris", discriminant_analysis.LinearDiscriminantAnalysis),
        "components and a line": ("digits", lambda: scaled(scaler(), decomposition.PCA(8), linear_model.Ridge())),
    }  # fmt: skip


MODELS = _models()


@functools.cache
def data_set(name: str) -> tuple[Any, Any]:
    """(float32 samples, labels) of iris, iris with names, digits, breast cancer or diabetes."""
    from sklearn import datasets

    load = {"named": datasets.load_iris, "cancer": datasets.load_breast_cancer}.get(name)
    bunch = load() if load else getattr(datasets, f"load_{name}")()
    y = bunch.target_names[bunch.target] if name == "named" else bunch.target
    return bunch.data.astype(np.float32), y


@functools.cache
def fitted(name: str) -> tuple[Any, Any]:
    """(model fitted on its data set, the samples)."""
    source, make = MODELS[name]
    x, y = data_set(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make().fit(x, y), x


def expected(model: Any, x: Any) -> Any:
    """Probabilities, else the decision function, else the prediction or the transformed features."""
    for method in ("predict_proba", "decision_function", "predict", "transform"):
        if hasattr(model, method):
            scores = np.asarray(getattr(model, method)(x))
            # the margin of two classes is one number; the graph has one for each class
            two = method == "decision_function" and hasattr(model, "classes_") and scores.ndim == 1
            return np.stack([-scores, scores], axis=1) if two else scores
    raise AssertionError(type(model))
