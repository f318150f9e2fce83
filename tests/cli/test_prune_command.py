"""`edgeml prune`: targets, and what it prints and writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Graph
from edgeml.pipeline.prune import Budget, estimate
from edgeml.prune.graph import prune_graph
from edgeml.prune.patterns import Block
from edgeml.prune.sparsity import total_sparsity
from edgeml.targets.boards import resolve_target
from tests.graphs import images, small_cnn
from tests.sparsify.balanced import balanced


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """float.tflite and data.npz with the classes that it gives."""
    place = tmp_path_factory.mktemp("prune")
    graph, x = balanced(small_cnn(channels=32, size=12), images(240, 12))
    (place / "float.tflite").write_bytes(litert.emit(graph, io="float32"))
    np.savez(place / "data.npz", x=x, y=run_single(graph, x).argmax(axis=1))
    return place


def _prune(edgeml, folder: Path, *options: object):
    return edgeml("prune", folder / "float.tflite", "-o", folder / "pruned.tflite", "-q", *options)


def test_a_pattern_prunes_and_the_repair_and_the_statistics_are_told(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60)
    outcome = _prune(edgeml, folder, "--pattern", "2:4", "--importance", "activation", *data)
    assert outcome.code == 0
    assert "least squares: kept in" in outcome.out and "masked," in outcome.out
    assert "95 % interval" in outcome.out and "predictions flip" in outcome.out
    assert "than dense (McNemar p" in outcome.out or "the same predictions as dense" in outcome.out
    assert total_sparsity(load(folder / "pruned.tflite")) == pytest.approx(0.5, abs=0.02)
    assert "least squares" not in _prune(edgeml, folder, "--no-repair", *data).out


def test_the_sparsity_is_searched_for_an_accuracy(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60)
    outcome = _prune(edgeml, folder, "--max-drop", 3, *data)
    assert outcome.code == 0 and "meets the target" in outcome.out
    assert "with it, on held-out training samples: " in outcome.out and "on test samples: " in outcome.out
    some = total_sparsity(load(folder / "pruned.tflite"))
    assert _prune(edgeml, folder, "--max-drop", 30, *data).code == 0
    assert 0 < some < total_sparsity(load(folder / "pruned.tflite")) < 1


def test_the_sparsity_is_searched_for_a_budget(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60, "--pattern", "block:1x4", "--no-repair")
    outcome = _prune(edgeml, folder, "--max-flash", 1, *data)
    assert outcome.code == 1 and "no sparsity gives 1 B of constants" in outcome.error()
    outcome = _prune(edgeml, folder, "--max-instructions", 10**9, *data)
    assert outcome.code == 0 and "sparsity 0% meets the target" in outcome.out
    dense, sparse = (_instructions(load(folder / "float.tflite"), share) for share in (0.0, 0.9))
    outcome = _prune(edgeml, folder, "--max-instructions", (dense + sparse) // 2, *data)
    assert outcome.code == 0 and sparse < dense
    assert 0.1 < total_sparsity(load(folder / "pruned.tflite")) < 0.9


def _instructions(graph: Graph, sparsity: float) -> int:
    pruned = prune_graph(graph, sparsity, "global", Block(1, 4))
    return estimate(pruned, images(8, 12), Budget(resolve_target("cortex-m4")[0].machine))["instructions"]


@pytest.mark.needs_jax
def test_channels_go_and_the_rest_is_trained_on(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60)
    outcome = _prune(edgeml, folder, "--pattern", "channel:2", "--sparsity", 0.25, "--epochs", 1, *data)
    assert outcome.code == 0 and "trained on: cross entropy" in outcome.out
    lines = [line for line in outcome.out.splitlines() if "on held-out training samples: " in line]
    assert [line.split()[0] for line in lines] == ["before", "after"]
    assert all("95 % interval" in line and "n = " in line and "flip: " in line for line in lines)
    smaller = load(folder / "pruned.tflite")
    left = smaller.bind(smaller.nodes[0]).input(1).shape[0]
    assert left < 32 and left % 2 == 0
    assert f"32 → {left}" in outcome.out and "multiply-accumulates" in outcome.out


def test_channels_meet_a_budget_and_keep_fours(edgeml, folder: Path) -> None:
    graph, budget = load(folder / "float.tflite"), Budget(resolve_target("cortex-m4")[0].machine)
    limit = estimate(graph, images(8, 12), budget)["instructions"] * 7 // 10
    options = ("--pattern", "channel", "--target", "cortex-m4", "--data", folder / "data.npz", "--samples", 60)
    outcome = _prune(edgeml, folder, "--max-instructions", limit, *options)
    assert outcome.code == 0 and "meets the target" in outcome.out
    smaller = load(folder / "pruned.tflite")
    assert smaller.bind(smaller.nodes[0]).input(1).shape[0] % 4 == 0
    assert 0.85 * limit <= estimate(smaller, images(8, 12), budget)["instructions"] <= limit


def test_contradictions_are_refused(edgeml, folder: Path) -> None:
    outcome = _prune(edgeml, folder, "--sparsity", 0.5, "--max-drop", 1)
    assert outcome.code == 2 and "takes one target" in outcome.error()
    outcome = _prune(edgeml, folder, "--max-drop", 1)
    assert outcome.code == 2 and "needs samples. Give --data" in outcome.error()
    outcome = _prune(edgeml, folder, "--importance", "activation")
    assert outcome.code == 2 and "needs calibration samples" in outcome.error()
