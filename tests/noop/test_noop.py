"""The table of methods is whole: every row has a target, a replacement of the same form, and tests; some are run."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

from tests.noop.method import Method
from tests.noop.methods import METHODS
from tests.noop.runner import ROOT

# what must not be missing, by the names of the rows
PARTS = (
    "observer: percentile", "observer: least squared error", "observer: entropy", "bias correction: empirical",
    "bias correction: analytic", "equalisation", "learned rounding: one code by one",
    "learned rounding: coordinate descent", "own scale of pooled outputs", "exact scales", "int4: ", "int16: ",
    "gate of ", "search: ", "QAT: learned ranges", "QAT: observed ranges", "QAT: distillation", "fake quant: ",
    "masks: N of M", "masks: blocks", "channels: dependency groups", "importance: magnitude", "importance: Taylor",
    "importance: activation", "schedule: ", "least squares", "prune: a loss that may be", "prune: a budget", "kernel: ",
    "sparse packing", "cause: ", "explain: a layer restored", "warning: ", "early stopping", "augmentation",
    "transfer: the base is frozen", "transfer: class weights", "McNemar's test", "interval of a share",
)  # fmt: skip


def test_names_are_unique_and_nothing_is_missing() -> None:
    names = [m.name for m in METHODS]
    assert len(set(names)) == len(names)
    assert not [part for part in PARTS if not any(name.startswith(part) for name in names)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_the_target_exists_and_its_replacement_is_called_alike(method: Method) -> None:
    owner, name = method.owner()
    original = vars(owner)[name]
    if method.value:
        assert method.noop(original) != original
        return
    function = original.fget if isinstance(original, property) else original
    wanted, got = (list(inspect.signature(f).parameters) for f in (function, method.noop))
    assert got == wanted


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_the_guarding_tests_exist(method: Method) -> None:
    assert method.tests
    for test in method.tests:
        file, _, name = test.partition("::")
        defined = {n.name for n in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(n, ast.FunctionDef)}
        assert name in defined if name else defined, test


def _command(*names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.noop", *names]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


def test_methods_that_do_nothing_are_found() -> None:
    done = _command("observer: entropy", "area under", "gate of own scale", "what chance")
    assert done.returncode == 0, done.stdout
    assert "6 of 6 methods: a test fails when the method does nothing" in done.stdout
    assert "test_entropy.py::test_rare_outliers_are_clipped" not in done.stdout.splitlines()[0]


def test_a_method_that_no_test_guards_is_told(tmp_path) -> None:
    code = (
        "import sys; from dataclasses import replace; import tests.noop.__main__ as m;"
        "rows = [r for r in m.METHODS if r.name in ('flips', 'area under the curve')];"
        "m.METHODS = (replace(rows[0], tests=rows[1].tests), replace(rows[1], noop=lambda scores, truth: 1 / 0));"
        "sys.exit(m.main())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "NOT DETECTED" in done.stdout and "broken: " in done.stdout and "ZeroDivisionError" in done.stdout
    assert "0 of 2 methods" in done.stdout
