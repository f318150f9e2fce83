"""What pytest is told to note of each test."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from edgeml.errors import EdgeMLError


@dataclass(frozen=True)
class Outcome:
    """What came of one test. It failed by an assertion or an error of the package; anything else that it raised may be
    the fault of what stands in for the method, and it counts as broken."""

    test: str
    outcome: Literal["passed", "skipped", "failed", "broken"]
    why: str = ""


class Notes:
    """A plugin of pytest; `outcomes` by the test's name."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, pytest.TestReport]:
        report: pytest.TestReport = yield
        name = item.nodeid
        self.outcomes.setdefault(name, Outcome(name, "passed"))
        if report.skipped:
            self.outcomes[name] = Outcome(name, "skipped", str(report.longrepr))
        elif report.failed:
            error = call.excinfo.value if call.excinfo is not None else None
            meant = isinstance(error, (AssertionError, pytest.fail.Exception, EdgeMLError))
            text = " ".join(f"{type(error).__name__}: {error}".split())
            self.outcomes[name] = Outcome(name, "failed" if meant else "broken", text)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = Outcome(report.nodeid, "broken", str(report.longrepr))
