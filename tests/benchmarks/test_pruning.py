"""The pruning suite: what chooses the settings, what is measured, and that kept pages are those of kept results."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edgeml.data import Dataset
from edgeml.errors import UsageError
from edgeml.quantize import quantize
from edgeml.training.config import PruneConfig
from tests.benchmarks.pages import printed, readme_table
from tests.graphs import images, small_cnn

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "benchmarks" / "pruning"
RESULTS = ROOT / "benchmarks" / "results" / "pruning.json"
MODULES = ("choose", "measure", "outcome", "results", "suite", "table", "train")
RATES = {"fast": {"rate": 3e-3}, "slow": {"rate": 1e-3}}


@pytest.fixture(scope="module")
def pruning() -> Iterator[SimpleNamespace]:
    """The suite's modules; no package, so they are forgotten afterwards."""
    sys.path.insert(0, str(SUITE))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    finally:
        sys.path.remove(str(SUITE))
        for name in MODULES:
            sys.modules.pop(name, None)


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SUITE / "run.py", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )


def numbered(count: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples that tell their own number, three classes."""
    numbers = np.arange(first, first + count)
    return numbers[:, None].astype(np.float32), numbers % 3


def four_points(copies: int) -> Dataset:
    """Exclusive or, `copies` times."""
    x = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), (copies, 1))
    y = (x[:, 0] != x[:, 1]).astype(np.int64)
    return Dataset("points", x, y, x[:4], y[:4], ("same", "other"))


def test_settings_are_chosen_on_training_samples_alone(pruning: SimpleNamespace) -> None:
    (x, y), (x_test, y_test) = numbered(600, 0), numbered(90, 10_000)
    data = Dataset("numbers", x, y, x_test, y_test, ("a", "b", "c"))
    part = pruning.choose.validation_part(data, 0.2)
    assert len(part.x_test) == 120 and max(part.x_test.max(), part.x_train.max()) < 600
    together = np.concatenate([part.x_train, part.x_test])[:, 0]
    assert sorted(together) == list(range(600))
    for a, b in ((part.x_train, part.y_train), (part.x_test, part.y_test)):
        np.testing.assert_array_equal(a[:, 0] % 3, b)
    assert part.digest != data.digest


def test_the_candidate_that_is_right_most_often_is_taken(pruning: SimpleNamespace, tmp_path: Path) -> None:
    choose, path = pruning.choose, tmp_path / "choice.json"
    suite = pruning.suite.ModelSuite("m", "M", (0,), (), RATES, ("a", "b"), 0.2)
    with pytest.raises(UsageError, match="--choose"):
        choose.chosen(suite, path)
    tried = (choose.Tried("fast", 100, {"a": 90, "b": 80}), choose.Tried("slow", 100, {"a": 88, "b": 85}))
    assert [t.accuracy for t in tried] == [85.0, 86.5]
    choose.save_choice("other", tried[:1], path)
    choose.save_choice("m", tried, path)
    assert choose.read_choice(path) == {"other": tried[:1], "m": tried}
    assert choose.chosen(suite, path) == {"rate": 1e-3}
    assert choose.best((tried[0], replace(tried[0], candidate="slow"))) == "fast"
    more = replace(suite, candidates={**RATES, "third": {"rate": 1.0}})
    with pytest.raises(UsageError, match="candidates"):
        choose.chosen(more, path)


def test_every_model_has_a_choice_among_its_candidates(pruning: SimpleNamespace) -> None:
    suites, choice = pruning.suite.read_suite(), pruning.choose.read_choice()
    assert set(choice) == set(suites)
    for key, suite in suites.items():
        names = [v.name for v in suite.variants]
        assert suite.judged and set(suite.judged) <= set(names) and suite.seeds
        assert pruning.choose.chosen(suite) in suite.candidates.values()
        assert all(set(t.correct) == set(suite.judged) and t.n > 1000 for t in choice[key])


def test_a_candidate_changes_what_it_names_alone(pruning: SimpleNamespace) -> None:
    variant = pruning.suite.Variant("v", {"sparsity": 0.5, "epochs": 3, "dense": ["conv1"], "rate": 1.0}, 0.2)
    made = variant.prune({"rate": 3e-3, "distill": 0.7})
    assert made == PruneConfig(0.5, 3, rate=3e-3, dense=("conv1",), distill=0.7)


@pytest.mark.needs_jax
def test_a_training_is_done_once_and_its_int8_model_measured(pruning: SimpleNamespace, tmp_path: Path) -> None:
    work = pruning.train.Trainings("xor_mlp", four_points(5), 0, tmp_path)
    half = PruneConfig(0.5, 20, scope="global", rate=1e-2)
    first = work.pruned("50 %", half)
    assert not first.reused and work.pruned("50 %", half).reused and work.dense().reused
    again = work.pruned("50 %", replace(half, sparsity=0.25))
    assert not again.reused and again.folder != first.folder
    graph = pruning.train.float_graph(again.folder)
    weights = [b.input(1).data for b in graph.bound() if b.node.op == "fully_connected"]
    assert sum(int((w == 0).sum()) for w in weights) == round(0.25 * sum(w.size for w in weights))
    rounded = pruning.outcome.rounded("xor_mlp", graph, work.calibration())
    assert rounded.input_tensors[0].type.has_codes
    assert pruning.outcome.predicted(rounded, work.data.x_test).shape == (4,)


@pytest.mark.needs_jax
def test_channels_go_and_the_smaller_graph_is_tuned(pruning: SimpleNamespace, tmp_path: Path) -> None:
    work = pruning.train.Trainings("xor_mlp", four_points(5), 0, tmp_path)
    stage = work.pruned("channels", PruneConfig(0.25, 2, scope="global", pattern="channel:2"))
    widths = [
        b.input(1).shape
        for folder in (work.dense().folder, stage.folder)
        for b in pruning.train.float_graph(folder).bound()
        if b.node.op == "fully_connected"
    ]
    assert widths == [(8, 2), (2, 8), (6, 2), (2, 6)]


def test_an_outcome_is_paired_with_the_float_model(pruning: SimpleNamespace) -> None:
    y = np.arange(200) % 4
    exact, found = y.copy(), y.copy()
    exact[:10], found[6:16] = -1, -2
    told = pruning.outcome.outcome(3, exact, found, y)
    # right again 6, wrong now 6, wrong in another way 4
    assert (told.seed, told.float_accuracy, told.accuracy, told.points, told.flips) == (3, 95.0, 95.0, 0.0, 16)
    assert told.p == 1.0 and told.ci95[0] < 95 < told.ci95[1]
    changes = (found == y).astype(float) - (exact == y)
    assert told.error == pytest.approx(100 * changes.std(ddof=1) / np.sqrt(200))
    assert pruning.outcome.mean_error({0: changes, 1: changes}) == pytest.approx(told.error)
    # two seeds that lose what the other gains: nothing is lost on any sample
    assert pruning.outcome.mean_error({0: changes, 1: -changes}) == 0


@pytest.mark.needs_cc
def test_the_cost_is_that_of_the_core_and_all_runtimes_agree(pruning: SimpleNamespace) -> None:
    x = images(40)
    graph = quantize(small_cnn(), x).graph
    cost = pruning.outcome.cost(1, graph, x)
    assert (cost.seed, cost.differing) == (1, 0)
    weights = sum(b.input(1).type.nbytes for b in graph.bound() if b.node.op in ("conv_2d", "fully_connected"))
    assert weights < cost.constants < cost.flash and cost.instructions > 1000


def test_the_kept_pages_are_those_of_the_kept_results() -> None:
    done = run("--from", RESULTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "benchmarks/results/pruning.md").read_text()
    code = (
        "import sys; from run import *; "
        "r = decode(parse_json(read_bytes(Path(sys.argv[1])), 'r', '')); print(summary(r, read_suite()), end='')"
    )
    assert readme_table("pruning") == printed(SUITE, code, RESULTS)


def test_what_was_measured_is_of_the_suite_and_every_output_was_the_same(pruning: SimpleNamespace) -> None:
    kept = pruning.results.decode(json.loads(RESULTS.read_text()))
    suites = pruning.suite.read_suite()
    assert [m.key for m in kept.models] == list(suites)
    for model in kept.models:
        suite = suites[model.key]
        measured = [v.name for v in model.variants]
        assert measured == ["dense", *(v.name for v in suite.variants if v.name in measured)] and len(measured) > 1
        sentences = pruning.table.missed(kept, suites)
        for variant in suite.variants:
            unmeasured = f"{suite.title}, {variant.name}: not measured." in sentences
            assert unmeasured == (variant.name not in measured)
        for variant in model.variants:
            assert tuple(o.seed for o in variant.outcomes) == suite.seeds
            assert variant.cost.differing == 0


def test_a_missed_limit_is_told_and_with_check_an_error(tmp_path: Path) -> None:
    value = json.loads(RESULTS.read_text())
    value["models"] = [m for m in value["models"] if m["key"] == "animals_cnn"]
    variants = {v["name"]: v for v in value["models"][0]["variants"]}
    path = tmp_path / "r.json"
    for variant in variants.values():
        variant["cost"] = {**variants["dense"]["cost"], "instructions": 1000, "constants": 1000}
        for outcome in variant["outcomes"]:
            outcome["points"] = -0.1
    variants["dense"]["cost"] |= {"instructions": 4000, "constants": 4000}
    path.write_text(json.dumps(value))
    assert run("--from", path, "--check", "--model", "animals_cnn").returncode == 0
    for outcome in variants["70 %"]["outcomes"]:
        outcome["points"] = -0.25
    variants["90 %"]["cost"]["differing"] = 7
    path.write_text(json.dumps(value))
    done = run("--from", path, "--check", "--model", "animals_cnn")
    assert done.returncode == 1
    for text in ("70 %: loses 0.250 points", "7 outputs differ"):
        assert text in done.stderr
    assert "**missed**" in done.stdout
