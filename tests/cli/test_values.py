"""A data file with float labels: what a regression model loses, in every command that measures."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.bench.record import Accuracy
from edgeml.cli.validate_printing import print_accuracies
from edgeml.interpreter import run_single
from edgeml.ir import GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import quantize
from edgeml.targets.base import Runtime
from edgeml.validate.result import RunnerResult
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


def test_values_are_pruned_and_run(edgeml, regression: Path, tmp_path: Path) -> None:
    data, out = regression / "data.npz", tmp_path / "pruned.tflite"
    base = ("prune", regression / "float.tflite", "--data", data, "--samples", 60, "-o", out, "-q")
    pruned = edgeml(*base, "--sparsity", 0.5)
    assert pruned.code == 0 and "on test samples: RMSE" in pruned.out and "than dense (95 % interval" in pruned.out
    less, more = (edgeml(*base, "--max-drop", drop).out for drop in (10, 200))
    assert all("with it, on held-out training samples: RMSE" in text for text in (less, more))
    assert _percent(less) < _percent(more)
    shown = edgeml("run", regression / "int8.tflite", "--data", data, "--samples", 5, "-q")
    assert shown.code == 0 and "reference, 5 samples: RMSE" in shown.out
    wanted = json.loads(
        edgeml("run", regression / "int8.tflite", "--data", data, "--samples", 1, "--json", "-q").out.splitlines()[0]
    )
    assert shown.out.splitlines()[0].split()[3:] == [f"{v:.6g}" for v in wanted["outputs"]]


def _percent(out: str) -> int:
    (found,) = re.findall(r"sparsity (\d+)% meets the target", out)
    return int(found)


def test_anomalies_are_measured_by_what_is_given_back_badly(edgeml, tmp_path: Path) -> None:
    """A model that gives back three of six features: what is large in the others is an anomaly."""
    b = GraphBuilder("back", OPS)
    w = np.diag([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]).astype(np.float32)
    attrs = FullyConnectedAttrs()
    graph = b.build([b.add("fully_connected", [b.input("x", (1, 6)), b.constant("w", w), ""], attrs, name="dense")])
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6)).astype(np.float32)
    y = np.arange(200) % 2
    x[y == 1, 3:] += rng.normal(size=(100, 3)) * 2
    float_, int8, data = tmp_path / "float.tflite", tmp_path / "int8.tflite", tmp_path / "data.npz"
    float_.write_bytes(litert.emit(graph, io="float32"))
    np.savez(data, x=x, y=y)
    explained = edgeml("quantize", float_, "--data", data, "--explain", "-o", int8, "-q")
    assert "int8 on test samples: AUC" in explained.out and "than float32 (95 % interval" in explained.out
    pruned = edgeml("prune", float_, "--data", data, "--sparsity", 0.9, "-o", tmp_path / "p.tflite", "-q")
    assert pruned.code == 0 and "on test samples: AUC" in pruned.out and "than dense" in pruned.out
    shown = edgeml("run", int8, "--data", data, "--samples", 40, "-q")
    assert "reconstruction error" in shown.out and "reference, 40 samples: AUC" in shown.out
    measured = edgeml("bench", float_, int8, "--data", data, "--target", "litert", "-q")
    assert "float: AUC" in measured.out and "int8: AUC" in measured.out and "accuracy %" not in measured.out


def test_classes_are_counted_when_a_model_runs(edgeml, files: Path) -> None:
    shown = edgeml("run", files / "int8.tflite", "--data", files / "data.npz", "--samples", 9, "-q")
    assert "reference, 9 samples: " in shown.out and "95 % interval" in shown.out and "n = 9)" in shown.out


def test_a_runtime_with_other_predictions_is_compared_with_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    same, other = (Accuracy("top1", v, 40, (0.8, 1.0)) for v in (0.95, 0.9))
    against = replace(other, float_value=0.95, delta=-0.05, flips=2, mcnemar_p=0.5, delta_ci95=(-0.12, 0.04))
    first = RunnerResult("reference", "reference", Runtime("NumPy", "2"), (np.zeros(40),), None, None, same, 38)
    second = replace(first, name="litert")
    third = replace(first, name="onnxruntime", accuracy=other, correct=36, against=against)
    print_accuracies((first, second, third))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "reference, litert: 95.00 % (95 % interval 80.00 – 100.00, n = 40)"
    assert lines[1].startswith("onnxruntime: 90.00 %") and "2 of 40 predictions flip: not shown to be worse" in lines[1]
    assert "than the reference (McNemar p 0.5" in lines[1]
