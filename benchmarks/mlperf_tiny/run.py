"""MLPerf Tiny's int8 models, compiled for every core with gcc and zig, beside other compilers' figures.

python benchmarks/mlperf_tiny/run.py [FOLDER] [--model kws] [--core cortex-m4] [--toolchain gcc] [--optimize balanced]
    [--samples 8] [--json FILE] [--compare FILE] [--write] [--from FILE] [--check]

FOLDER holds the .tflite files; they are not part of the project. Every output is compared, bit for bit, with the C code
on this machine and with LiteRT: exit code 1 when one differs, 2 when a file is missing. --check also gives 1 when a
limit of peers.toml is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from measure import measure, mismatches, oracles
from suite import HERE, find_file, models_folder, read_models, read_peers
from table import missed_limits, page, summary

from edgeml.backends.c99.selection import Optimize
from edgeml.bench.environment import environment
from edgeml.bench.record import BenchFile, Record, read, save
from edgeml.errors import EdgeMLError
from edgeml.files import write_text
from edgeml.report.comparison import print_comparison
from edgeml.targets.cores import CORES
from edgeml.targets.toolchain import has_toolchain

ROOT = HERE.parents[1]
LEAD, LEAD_TOOLCHAIN = "cortex-m4", "gcc"
DEFAULT_CORES = ("cortex-m4", "cortex-m7", "cortex-m33", "cortex-m0plus", "cortex-m55")
AIMS: tuple[Optimize, ...] = ("balanced", "speed", "size", "ram")
MARKS = ("<!-- mlperf tiny -->\n", "<!-- end of mlperf tiny -->")


def main() -> int:
    """Measure, print, keep; the exit code."""
    args = _arguments()
    try:
        earlier = read(args.compare) if args.compare else None
        bench = read(args.kept) if args.kept else _measure(args)
    except EdgeMLError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    peers, models = read_peers(), read_models()
    print(page(bench, peers, models))
    if earlier is not None:
        print_comparison(earlier, bench)
    if args.json:
        print(f"wrote {save(args.json, bench)}", file=sys.stderr)
    if args.write:
        _write(bench)
    wrong = [f"{_name(r)}: {text}" for r in bench.records for text in mismatches(r)]
    for record in bench.records:
        if record.skipped:
            print(f"{_name(record)} was not measured: {record.skipped}", file=sys.stderr)
    missed = missed_limits(bench, peers)
    for line in (*wrong, *missed):
        print(line, file=sys.stderr)
    return 1 if wrong or (args.check and missed) else 0


def _measure(args: argparse.Namespace) -> BenchFile:
    folder, models = models_folder(args.folder), read_models()
    paths = {key: find_file(models[key], folder) for key in args.model or models}
    records: list[Record] = []
    for key, path in paths.items():
        for toolchain in args.toolchain:
            for optimize, cores in _builds(args, toolchain):
                print(f"{key}: {', '.join(cores)} with {toolchain}, {optimize}", file=sys.stderr, flush=True)
                records += measure(models[key], path, cores, toolchain, optimize, args.samples)
    for record in records:
        if not record.skipped and not oracles(record):
            print(f"note: the outputs of {_name(record)} were compared with nothing", file=sys.stderr)
    return BenchFile(environment(), tuple(records))


def _builds(args: argparse.Namespace, toolchain: str) -> list[tuple[Optimize, list[str]]]:
    """All cores for the first aim; the other aims for the core that the limits speak of."""
    if args.optimize:
        return [(optimize, args.core) for optimize in args.optimize]
    others = [LEAD] if LEAD in args.core and toolchain == LEAD_TOOLCHAIN else []
    return [(AIMS[0], args.core), *((aim, others) for aim in AIMS[1:] if others)]


def _write(bench: BenchFile) -> None:
    """The results as pages: the whole table beside the records, its summary in the README."""
    peers, models = read_peers(), read_models()
    write_text(ROOT / "benchmarks" / "results" / "mlperf_tiny.md", page(bench, peers, models) + "\n")
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    write_text(readme, f"{before}{MARKS[0]}{summary(bench, peers)}{MARKS[1]}{after}")


def _name(record: Record) -> str:
    return f"{record.model} on {record.target} ({record.runtime.compiler or 'no compiler'}, {record.optimize})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = [name for name in DEFAULT_CORES if name in CORES]
    found = [name for name in ("gcc", "zig") if has_toolchain(name, "arm")]
    parser.add_argument("folder", type=Path, nargs="?", help="folder of the .tflite files")
    parser.add_argument("--model", action="append", choices=read_models(), help="repeatable; all when absent")
    parser.add_argument("--core", action="append", choices=cores, help="repeatable; all when absent")
    parser.add_argument("--toolchain", action="append", choices=("gcc", "zig"), help="repeatable; those installed")
    parser.add_argument("--optimize", action="append", choices=AIMS, help="repeatable; balanced, and the lead core all")
    parser.add_argument("--samples", type=int, default=8, help="inputs that are compared (default 8)")
    parser.add_argument("--json", type=Path, help="keep the records")
    parser.add_argument("--from", dest="kept", type=Path, help="print kept records, measure nothing")
    parser.add_argument("--compare", type=Path, help="earlier records: print what changed, a layer at a time")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/results and the README")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a limit is missed")
    args = parser.parse_args()
    args.core = args.core or cores
    args.toolchain = args.toolchain or found
    return args


if __name__ == "__main__":
    sys.exit(main())
