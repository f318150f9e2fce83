"""`python -m tests.random_graphs --count 5000 --seed 0 --jobs 2`: many random graphs, all sides, totals at the end."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.random_graphs.campaign import run_seeds
from tests.random_graphs.compare import Totals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    end = options.seed + options.count
    # chunks of seeds, so that progress shows and a crash costs little
    jobs = [(s, min(s + 100, end), 1) for s in range(options.seed, end, 100)]
    totals, failures = Totals(), []
    # unlike multiprocessing's pool, this one notices a worker that dies
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        for found, wrong in pool.map(run_seeds, jobs):
            totals.graphs += found.graphs
            totals.nodes += found.nodes
            totals.values += found.values
            totals.refused += found.refused
            for mine, its in ((totals.bounded, found.bounded), (totals.unspelled, found.unspelled)):
                for key, count in its.items():
                    mine[key] = mine.get(key, 0) + count
            failures += wrong
            print(f"{totals.graphs} graphs, {len(failures)} failures", file=sys.stderr, flush=True)
    for failure in failures[:20]:
        print(failure)
    print(f"seeds {options.seed} to {end - 1}: {totals}; {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
