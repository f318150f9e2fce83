"""Finished builds of zoo models, made once and kept in build/ as `make demo` leaves them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from edgeml.bench.record import BenchFile, Record, read

ROOT = Path(__file__).resolve().parents[2]


class Build:
    """The output folder of `edgeml build NAME`, with its records."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = ROOT / "build" / name
        command = [sys.executable, "-m", "edgeml", "build", name, "-q", "-o", str(self.folder)]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        self.stdout = result.stdout
        self.bench: BenchFile = read(self.folder / "records.json")

    def record(self, variant: str, target: str) -> Record:
        found = [r for r in self.bench.records if (r.variant, r.target) == (variant, target)]
        assert len(found) == 1, f"{len(found)} records of {variant} on {target}"
        assert not found[0].skipped, found[0].skipped
        return found[0]

    @property
    def int8_variants(self) -> list[str]:
        return sorted({r.variant for r in self.bench.records} - {"float32"})


@pytest.fixture(scope="session")
def build() -> Callable[[str], Build]:
    return cache(Build)
