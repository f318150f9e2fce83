"""`edgeml prune`: targets, and what it prints and writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.prune.sparsity import total_sparsity
from tests.graphs import images, small_cnn


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """float.tflite and data.npz with the classes that it gives."""
    place = tmp_path_factory.mktemp("prune")
    graph, x = small_cnn(channels=8), images(240)
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
    assert "95 % interval" in outcome.out and "predictions differ" in outcome.out
    assert "than float32" in outcome.out or "the same predictions" in outcome.out
    assert total_sparsity(load(folder / "pruned.tflite")) == pytest.approx(0.5, abs=0.02)
    assert "least squares" not in _prune(edgeml, folder, "--no-repair", *data).out


def test_the_sparsity_is_searched_for_an_accuracy(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60)
    outcome = _prune(edgeml, folder, "--max-drop", 3, *data)
    assert outcome.code == 0 and "meets the target on" in outcome.out
    some = total_sparsity(load(folder / "pruned.tflite"))
    assert _prune(edgeml, folder, "--max-drop", 30, *data).code == 0
    assert 0 < some < total_sparsity(load(folder / "pruned.tflite")) < 1


def test_the_sparsity_is_searched_for_a_budget(edgeml, folder: Path) -> None:
    data = ("--data", folder / "data.npz", "--samples", 60, "--pattern", "block:1x4", "--no-repair")
    outcome = _prune(edgeml, folder, "--max-flash", 1, *data)
    assert outcome.code == 1 and "no sparsity gives 1 B of constants" in outcome.error()
    outcome = _prune(edgeml, folder, "--max-instructions", 10**9, *data)
    assert outcome.code == 0 and "sparsity 0% meets the target" in outcome.out
    graph = load(folder / "float.tflite")
    outcome = _prune(edgeml, folder, "--max-instructions", int(0.8 * _dense_instructions(graph)), *data)
    assert outcome.code == 0
    assert 0 < total_sparsity(load(folder / "pruned.tflite")) < 0.95


def _dense_instructions(graph) -> int:
    from edgeml.pipeline.prune import Budget, estimate
    from edgeml.targets.boards import resolve_target

    return estimate(graph, images(8), Budget(resolve_target("cortex-m4")[0].machine))["instructions"]


def test_contradictions_are_refused(edgeml, folder: Path) -> None:
    outcome = _prune(edgeml, folder, "--sparsity", 0.5, "--max-drop", 1)
    assert outcome.code == 2 and "takes one target" in outcome.error()
    outcome = _prune(edgeml, folder, "--max-drop", 1)
    assert outcome.code == 2 and "needs samples. Give --data" in outcome.error()
    outcome = _prune(edgeml, folder, "--importance", "activation")
    assert outcome.code == 2 and "needs calibration samples" in outcome.error()
