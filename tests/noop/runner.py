"""Runs pytest on the tests that guard a method, with the method made a no-op, in a process of its own.

The process is forked from one that has imported the package, which takes longer than most tests do; test modules are
imported in the fork, after the replacement.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pytest

from tests.noop.method import Method
from tests.noop.plugin import Notes, Outcome

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 1800
# nothing is shown, and no garbage is looked for between tests
_OPTIONS = (
    *("-q", "--tb=no", "-m", "not slow"),
    *(
        part
        for name in ("cacheprovider", "xdist", "unraisableexception", "threadexception")
        for part in ("-p", f"no:{name}")
    ),
)
# pytest's exit codes that mean that tests ran: all passed, some failed
_RAN = (0, 1)


@dataclass(frozen=True)
class Finding:
    """Outcomes of the tests of a method that was made a no-op."""

    method: Method
    outcomes: tuple[Outcome, ...]

    @property
    def run(self) -> int:
        return sum(o.outcome != "skipped" for o in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if o.outcome == "failed")

    @property
    def first(self) -> str:
        """The first test that failed, or what was seen instead."""
        if self.failed:
            return self.failed[0].test
        other = [o for o in self.outcomes if o.outcome != "passed"]
        return f"{other[0].outcome}: {other[0].test}: {other[0].why}"[:300] if other else "NOT DETECTED"


def without(methods: Sequence[Method], jobs: int) -> Iterator[Finding]:
    """What the guarding tests of each method find when it does nothing, `jobs` methods at a time."""
    # what is here already is never looked at again
    gc.freeze()
    todo, running = list(methods), dict[Connection, tuple[Method, Any]]()
    while todo or running:
        while todo and len(running) < jobs:
            method = todo.pop(0)
            connection, process = _start(method.tests, method)
            running[connection] = method, process
        ready = wait(list(running), _SECONDS)
        for connection in ready or list(running):
            method, process = running.pop(connection)  # type: ignore[index]
            yield Finding(method, _outcomes(connection, process))  # type: ignore[arg-type]


def unharmed(methods: Sequence[Method]) -> tuple[Outcome, ...]:
    """The guarding tests of `methods` with every method in place."""
    tests = dict.fromkeys(test for m in methods for test in m.tests)
    connection, process = _start(tuple(tests), None)
    wait([connection], _SECONDS)
    return _outcomes(connection, process)


def _start(tests: tuple[str, ...], method: Method | None) -> tuple[Connection, Any]:
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_pytest, args=(sender, tests, method))
    process.start()
    sender.close()
    return receiver, process


def _outcomes(connection: Connection, process: Any) -> tuple[Outcome, ...]:
    try:
        # nothing there: it took too long
        found = connection.recv() if connection.poll() else None
    except EOFError:
        found = None
    process.kill()
    process.join()
    if found is None:
        return (Outcome("pytest", "broken", "the process died or took too long"),)
    code, outcomes = found
    return outcomes if code in _RAN else (*outcomes, Outcome("pytest", "broken", f"exit code {code}"))


def _pytest(sender: Connection, tests: tuple[str, ...], method: Method | None) -> None:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    notes = Notes()
    try:
        if method is not None:
            method.apply()
        code = int(pytest.main([*_OPTIONS, *tests], [notes]))
    except BaseException as error:
        notes.outcomes["replacement"] = Outcome("replacement", "broken", f"{type(error).__name__}: {error}")
        code = -1
    sender.send((code, tuple(notes.outcomes.values())))
