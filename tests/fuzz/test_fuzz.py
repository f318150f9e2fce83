"""Mutated files end in typed errors or become graphs; inputs that once failed are kept in corpus/ and run again.

EDGEML_FUZZ_COUNT sets how many mutants of each format are tried (default 1500), EDGEML_FUZZ_SEED which ones.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzz.runner import run
from tests.fuzz.worker import attempt, mutant

CORPUS = Path(__file__).parent / "corpus"
COUNT = int(os.environ.get("EDGEML_FUZZ_COUNT", "1500"))
KINDS = ("tflite", "onnx")
SEED = int(os.environ.get("EDGEML_FUZZ_SEED", "0"))


@pytest.mark.parametrize(
    "path", sorted(p for p in CORPUS.iterdir() if p.suffix in (".tflite", ".onnx")), ids=lambda p: p.name
)
def test_inputs_that_once_failed(path):
    reached, wrong = attempt(path.suffix[1:], path.read_bytes())
    assert reached, wrong


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_refused_with_typed_errors_or_become_graphs(kind):
    result = run(kind, COUNT, SEED, jobs=1)
    print(f"{kind}: seed {SEED}: {dict(result.totals)}")
    assert not result.failures, result.failures[:5]
    assert sum(result.totals.values()) == COUNT
    # the mutants are neither all nonsense nor all harmless
    assert result.totals["graph"] > COUNT / 50 and result.totals["ModelFormatError"] > COUNT / 50


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_the_same_for_the_same_seed(kind):
    assert [mutant(kind, 5, i) for i in range(20)] == [mutant(kind, 5, i) for i in range(20)]
    assert mutant(kind, 5, 0) != mutant(kind, 6, 0)
