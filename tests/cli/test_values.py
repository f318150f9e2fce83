"""A data file with float labels: what a regression model loses, in every command that measures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.interpreter import run_single
from edgeml.quantize import quantize
from tests.quantize.networks import near_constant


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """float.tflite and int8.tflite with four outputs, data.npz with values near them."""
    folder = tmp_path_factory.mktemp("values")
    graph, x = near_constant()
    (folder / "float.tflite").write_bytes(litert.emit(graph, io="float32"))
    (folder / "int8.tflite").write_bytes(litert.emit(quantize(graph, x).graph))
    y = run_single(graph, x).reshape(len(x), -1)
    np.savez(folder / "data.npz", x=x, y=y + np.random.default_rng(0).normal(size=y.shape) * y.std(axis=0) * 0.1)
    return folder


def test_values_are_measured_by_their_errors(edgeml, regression: Path, tmp_path: Path) -> None:
    data, out = regression / "data.npz", tmp_path / "r.json"
    models = (regression / "float.tflite", regression / "int8.tflite")
    done = edgeml("bench", *models, "--data", data, "--target", "litert", "--json", out, "-q")
    assert done.code == 0 and "RMSE" in done.out and "MAE" in done.out and "R²" in done.out
    found = {r["variant"]: r["accuracy"] for r in json.loads(out.read_text())["records"]}
    assert {a["metric"] for a in found.values()} == {"rmse"} and all(a["r2"] > 0.9 for a in found.values())
    seen = edgeml("validate", regression / "int8.tflite", "--data", data, "--target", "litert", "-q")
    assert "RMSE" in seen.out and "95 % interval" in seen.out and "n = " in seen.out


def test_values_are_quantised_explained_and_searched_for(edgeml, regression: Path, tmp_path: Path) -> None:
    base = (
        "quantize",
        regression / "float.tflite",
        "--data",
        regression / "data.npz",
        "-q",
        "-o",
        tmp_path / "m.tflite",
    )
    explained = edgeml(*base, "--explain")
    assert explained.code == 0 and "RMSE" in explained.out and "float32" in explained.out
    searched = edgeml(*base, "--max-drop", 40, "--samples", 60, "--held-out", 60)
    assert searched.code == 0 and "RMSE" in searched.out and "on test samples" in searched.out
    assert edgeml(*base, "--max-drop", 0, "--samples", 60, "--held-out", 60).code in (0, 1)
