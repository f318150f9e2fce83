"""Spreads mutants over processes, counts outcomes and keeps the inputs that failed."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.worker import mutant, work

# more than the checks' own limit: writing and reading C text of a mutant is bounded by processor time
_SILENCE = 120.0
_MAX_CRASHES = 20


@dataclass
class Result:
    """Totals by outcome, and (index, what went wrong) of failures."""

    totals: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    crashes: int = 0


def run(kind: str, count: int, seed: int, jobs: int, report: Callable[[int], None] = lambda done: None) -> Result:
    """Check mutants 0 … count - 1."""
    result = Result()
    context = multiprocessing.get_context("spawn")
    waiting = [range(j, count, jobs) for j in range(jobs)]
    running = {}

    def start(indices: range) -> None:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(kind, seed, indices, theirs), daemon=True)
        process.start()
        theirs.close()
        running[ours] = [process, indices, -1]

    for indices in waiting:
        start(indices)
    while running:
        ready = multiprocessing.connection.wait(list(running), timeout=_SILENCE)
        for connection in ready or list(running):
            process, indices, current = running[connection]
            try:
                if not ready:
                    raise EOFError
                what, index, detail = connection.recv()
            except EOFError:
                # killed, or silent for minutes: a crash of this mutant; go on behind it
                process.kill()
                process.join()
                del running[connection]
                result.crashes += 1
                if current < 0 or result.crashes > _MAX_CRASHES:
                    raise RuntimeError(f"fuzzing processes end by themselves (exit {process.exitcode})") from None
                result.failures.append((current, f"process ended with {process.exitcode}"))
                rest = indices[indices.index(current) + 1 :]
                if rest:
                    start(rest)
                continue
            if what == "end":
                process.join()
                del running[connection]
            elif what == "start":
                running[connection][2] = index
            else:
                result.totals[what] += 1
                if what == "failure":
                    result.failures.append((index, detail))
                report(sum(result.totals.values()))
    return result


def keep(kind: str, seed: int, failures: list[tuple[int, str]], folder: Path) -> list[Path]:
    """Write the input of each kind of failure (the smallest of it) to `folder`."""
    smallest: dict[str, tuple[bytes, int]] = {}
    for index, wrong in failures:
        data = mutant(kind, seed, index)
        place = wrong.split(": ")[0]
        if place not in smallest or len(data) < len(smallest[place][0]):
            smallest[place] = (data, index)
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for _place, (data, index) in sorted(smallest.items()):
        path = folder / f"{seed}-{index}.{kind}"
        path.write_bytes(data)
        paths.append(path)
    return paths
