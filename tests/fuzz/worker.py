"""One process that makes and checks mutants, with its memory limited to 1 GB above where it starts."""

from __future__ import annotations

import importlib
import resource
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from tests.fuzz import seeds
from tests.fuzz.check import outcome

MEMORY = 1 << 30


def mutant(kind: str, seed: int, index: int) -> bytes:
    """Mutant number `index`: the same bytes for the same seed."""
    mutate = importlib.import_module(f"tests.fuzz.{kind}").mutate
    rng = np.random.default_rng([seed, index, kind == "onnx"])
    first, second = seeds.choose(kind, rng)
    data: bytes = mutate(first, rng, second)
    return data


def limit_memory() -> None:
    """At most MEMORY bytes of address space more than now."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))


def attempt(kind: str, data: bytes) -> tuple[str, str]:
    """(outcome, "") or ("", what went wrong)."""
    try:
        return outcome(kind, data), ""
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return "", f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {frame.name}: {error}"[:300]


def work(kind: str, seed: int, indices: range, to: Connection) -> None:
    """Send ("start", index) before each mutant and its result after it; the parent learns which one killed us."""
    seeds.seeds(kind)
    # everything lazy is imported before memory is measured
    for data in seeds.seeds(kind)[::7]:
        attempt(kind, data)
    limit_memory()
    for index in indices:
        to.send(("start", index, ""))
        data = mutant(kind, seed, index)
        reached, wrong = attempt(kind, data)
        to.send((reached or "failure", index, wrong))
    to.send(("end", -1, ""))
