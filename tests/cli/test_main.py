"""The frame of the command line: help, exit codes, speed of the import, no heavy packages."""

import importlib
import inspect
import subprocess
import sys

import pytest

from edgeml.bench import record
from edgeml.cli.main import make_app
from edgeml.errors import BudgetError

COMMANDS = (
    "build",
    "train",
    "prune",
    "quantize",
    "compile",
    "run",
    "validate",
    "bench",
    "report",
    "inspect",
    "ops",
    "targets",
    "doctor",
)
HEAVY = (
    "tensorflow",
    "jax",
    "keras",
    "torch",
    "onnx",
    "onnxruntime",
    "ai_edge_litert",
    "unicorn",
    "matplotlib",
    "jinja2",
)


def test_every_command_is_registered_once():
    names = [c.name for c in make_app().registered_commands]
    assert sorted(names) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(edgeml, command):
    outcome = edgeml(command, "--help")
    assert outcome.code == 0
    assert f"edgeml {command}" in outcome.out.split("Example:")[1]


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom edgeml.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit as stop: assert not stop.code\n"
        f"print('heavy:', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.rstrip().endswith("heavy: []")


def test_no_command_shows_the_help(edgeml):
    outcome = edgeml()
    assert outcome.code == 2
    assert "Commands" in outcome.out + outcome.err


def test_version(edgeml):
    outcome = edgeml("--version")
    assert (outcome.code, outcome.out.split()[0]) == (0, "edgeml")


def _fail(monkeypatch, error):
    def read(path):
        raise error

    monkeypatch.setattr(record, "read", read)


def test_a_missed_budget_exits_with_1(edgeml, monkeypatch):
    _fail(monkeypatch, BudgetError("arena: at most 4096 bytes. Got 5000. Prune the model."))
    outcome = edgeml("report", "r.json")
    assert (outcome.code, outcome.error()) == (1, "edgeml: arena: at most 4096 bytes. Got 5000. Prune the model.")


def test_interruption_exits_with_130_and_one_line(edgeml, monkeypatch):
    _fail(monkeypatch, KeyboardInterrupt())
    outcome = edgeml("report", "r.json")
    assert outcome.code == 130
    assert "interrupted" in outcome.error()


def test_an_internal_error_is_one_line_that_names_the_flag_for_the_traceback(edgeml, monkeypatch):
    _fail(monkeypatch, RuntimeError("first\nsecond"))
    outcome = edgeml("report", "r.json")
    assert outcome.code == 70
    assert "internal error, RuntimeError: first second" in outcome.error() and "-v" in outcome.error()


def test_an_internal_error_shows_its_traceback_with_v(monkeypatch):
    from edgeml.cli.main import main

    _fail(monkeypatch, RuntimeError("first"))
    with pytest.raises(RuntimeError, match="first"):
        main(["report", "r.json", "-v"])


@pytest.mark.parametrize("command", ["bench", "compile", "inspect", "prune", "quantize", "run", "validate"])
def test_commands_that_take_a_model_read_it_alike(command: str) -> None:
    module = importlib.import_module(f"edgeml.cli.{command}_command")
    function = getattr(module, "compile_model" if command == "compile" else command)
    options = set(inspect.signature(function).parameters)
    assert {"bind", "size", "input_layout", "trust_pickle"} <= options
