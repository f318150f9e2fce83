"""`python -m tests.fuzz`: totals by outcome; failing inputs go to a folder; exit code 1 when there are any."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.runner import keep, run
from tests.fuzz.seeds import NODES


def main() -> int:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--format", choices=("tflite", "onnx"), default="tflite")
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="folder for failing inputs")
    parser.add_argument("--nodes", action="store_true", help="the cases of the ONNX standard are seeds too")
    args = parser.parse_args()
    if args.nodes:
        os.environ[NODES] = "1"
    start = time.perf_counter()

    def report(done: int) -> None:
        if done % 500 == 0:
            sys.stderr.write(f"\r{done} of {args.count}, {time.perf_counter() - start:.0f} s ")
            sys.stderr.flush()

    result = run(args.format, args.count, args.seed, args.jobs, report)
    sys.stderr.write("\n")
    print(f"{args.format}: {args.count} mutants, seed {args.seed}, {time.perf_counter() - start:.0f} s")
    for what, count in result.totals.most_common():
        print(f"  {count:7} {what}")
    places = Counter(wrong.split(": ")[0] for _, wrong in result.failures)
    for place, count in places.most_common():
        example = next(wrong for _, wrong in result.failures if wrong.startswith(place))
        print(f"  {count:7} FAILED {example}")
    if result.failures:
        for path in keep(args.format, args.seed, result.failures, args.failures):
            print(f"  kept {path}")
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
