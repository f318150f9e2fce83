"""The accuracy suite: statistics, what each tool does with one model, and that kept pages are those of kept results."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.interpreter import run_single
from tests.benchmarks.pages import printed, readme_table
from tests.graphs import images, small_cnn

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "benchmarks" / "accuracy"
RESULTS = ROOT / "benchmarks" / "results" / "accuracy.json"


def module(name: str) -> ModuleType:
    """A module of the suite; no package, so that other suites may use the same names."""
    full = f"accuracy_suite_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, SUITE / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SUITE / "run.py", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )


def test_the_best_peer_is_the_one_that_is_right_most_often() -> None:
    measured = module("measured")
    mine, good, bad = np.zeros(50, bool), np.zeros(50, bool), np.zeros(50, bool)
    mine[:30], good[:40], bad[:20] = True, True, True
    best = measured.best_peer(mine, {"bad": bad, "good": good})
    assert best.tool == "good" and best.points == pytest.approx(-20) and best.worse
    assert not measured.best_peer(good, {"bad": bad, "mine": mine}).worse
    assert measured.best_peer(mine, {}) is None


def test_a_cell_counts_flips_and_noise_of_the_logits() -> None:
    exact = np.eye(4, dtype=np.float32)[np.arange(20) % 4] * 2
    y, values = np.arange(20) % 4, exact.copy()
    values[0] = [0, 3, 0, 0]
    got = {"logits": values, "seconds": np.array(1.5), "bytes": np.array(10), "version": np.array("1")}
    cell = module("measured").measure("t", got, exact, y, None)
    assert (cell.flips, cell.points, cell.seconds, cell.bytes) == (1, -5.0, 1.5, 10)
    assert cell.sqnr == pytest.approx(10 * np.log10(80 / 13))
    # two logits that stand for one label: no loss, a flip all the same
    cell = module("measured").measure("t", got, exact, np.minimum(y, 1) * 0, np.array([0, 0, 1, 1]))
    assert (cell.flips, cell.points) == (1, 0.0)
    failed = module("measured").measure("t", {"error": np.array("no"), "version": np.array("1")}, exact, y, None)
    assert failed.error == "no"


@pytest.mark.parametrize(
    "name",
    [
        "edgeml",
        "ort_minmax",
        pytest.param("ort_percentile", marks=pytest.mark.slow),
        pytest.param("ort_entropy", marks=pytest.mark.slow),
        pytest.param("tflite", marks=[pytest.mark.slow, pytest.mark.needs_tensorflow]),
    ],
)
def test_a_tool_gives_int8_logits_near_the_float_ones(name: str) -> None:
    tools = module("tools")
    graph, x = small_cnn(), images(64)
    model = litert.emit(graph, io="float32")
    tool = tools.TOOLS[name]
    data, seconds = tools.timed(tool, model, x[:32])
    exact = run_single(graph, x)
    got = tools.logits(tool.runtime(data), x)
    assert seconds > 0 and tool.version
    assert 0 < np.abs(got - exact).max() < 0.1


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    done = run("--row", "ic", "--build", tmp_path, "--shared", tmp_path / "none")
    assert done.returncode == 2 and "SHARED=" in done.stderr


def test_the_kept_pages_are_those_of_the_kept_results() -> None:
    done = run("--from", RESULTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "benchmarks/results/accuracy.md").read_text()
    code = (
        "import sys; from run import *; from run import _TITLES; "
        "r = decode(parse_json(read_bytes(Path(sys.argv[1])), 'r', '')); "
        "print(summary(r, read_limits(), _TITLES), end='')"
    )
    assert readme_table("accuracy") == printed(SUITE, code, RESULTS)


def test_a_missed_figure_is_printed_and_with_check_an_error(tmp_path: Path) -> None:
    value = json.loads(RESULTS.read_text())
    value["rows"] = [r for r in value["rows"] if r["key"] == "mnist_mlp"]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(value))
    assert run("--from", path, "--check").returncode == 0
    cell = next(c for c in value["rows"][0]["cells"] if c["tool"] == "edgeml")
    cell |= {"points": -0.5, "flips": 500}
    value["rows"][0]["best"] |= {"points": -0.6, "error": 0.1}
    path.write_text(json.dumps(value))
    done = run("--from", path, "--check")
    assert done.returncode == 1
    for text in ("loses 0.500 points", "5.00 % of the predictions flip", "0.60 points behind"):
        assert text in done.stderr
