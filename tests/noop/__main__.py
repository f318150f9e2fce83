"""`python -m tests.noop [PART OF A NAME]…`: makes every method a no-op, one after the other, and runs the tests that
guard it. Exit code 1 where no test fails by it, or where one does not pass without it."""

from __future__ import annotations

import argparse
import sys

from tests.noop.methods import METHODS
from tests.noop.runner import unharmed, without


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.noop", description=__doc__)
    parser.add_argument("names", nargs="*", help="only methods with one of these in their name")
    parser.add_argument("--jobs", type=int, default=1, help="methods at a time")
    parser.add_argument("--why", action="store_true", help="what the first failing test said")
    parser.add_argument("--list", action="store_true", help="names and targets, nothing is run")
    options = parser.parse_args()
    chosen = [m for m in METHODS if not options.names or any(part in m.name for part in options.names)]
    width = max((len(m.name) for m in chosen), default=0)
    if options.list:
        print("\n".join(f"{m.name:{width}}  {m.target}" for m in chosen))
        return 0
    print(f"{'method':{width}}  run  failed  first failing test", flush=True)
    detected = 0
    for found in without(chosen, options.jobs):
        detected += bool(found.failed)
        print(f"{found.method.name:{width}}  {found.run:3}  {len(found.failed):6}  {found.first}", flush=True)
        if options.why and found.failed:
            print(f"{'':{width}}               {found.failed[0].why[:200]}", flush=True)
    present = unharmed(chosen)
    wrong = [o for o in present if o.outcome != "passed"]
    for outcome in wrong:
        print(f"with every method in place, {outcome.outcome}: {outcome.test}: {outcome.why[:300]}")
    print(f"with every method in place {len(present) - len(wrong)} of {len(present)} guarding tests pass")
    print(f"{detected} of {len(chosen)} methods: a test fails when the method does nothing")
    return int(detected < len(chosen) or bool(wrong) or not present)


if __name__ == "__main__":
    sys.exit(main())
