"""Accuracy, instructions and bytes of pruned int8 models against the float32 model of the same training.

python benchmarks/pruning/run.py [--model mnist_cnn] [--variant NAME] [--seeds 0 1] [--build FOLDER]
    [--choose | --train] [--json FILE] [--write] [--from FILE] [--check]

--choose tries the candidate settings of suite.toml on a part of the training set, judges them on the rest of it and
keeps what it saw in choice.json; no test sample is looked at. All else takes the settings that were best there. Every
training happens once and goes on after an interruption: FOLDER keeps what is done. --write puts the tables into
benchmarks/results and the README, --check gives exit code 1 when a limit of suite.toml is missed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from choose import chosen, read_choice, save_choice, try_candidates
from measure import measure, stages, trainings
from results import Results, decode, encode
from suite import ROOT, ModelSuite, read_suite
from table import missed, page, summary

from edgeml.bench.environment import environment
from edgeml.data import Dataset, load_dataset
from edgeml.errors import EdgeMLError
from edgeml.files import parse_json, read_bytes, write_json, write_text
from edgeml.training.zoo import read_zoo_model

MARKS = ("<!-- pruning -->\n", "<!-- end of pruning -->")


def main() -> int:
    """Choose, train, measure, print, keep; the exit code."""
    args = _arguments()
    suites = {key: suite for key, suite in read_suite().items() if key in (args.model or [key])}
    asked = {key: _asked(suite, args) for key, suite in suites.items()}
    try:
        if args.choose:
            return _choose(suites, args.build)
        if args.kept:
            results = decode(parse_json(read_bytes(args.kept, "results"), f"'{args.kept}'", "Measure again."))
        else:
            _train(asked, args.build)
            if args.train:
                return 0
            results = _measured(asked, args.build)
    except EdgeMLError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(page(results, suites, read_choice()))
    if args.json:
        print(f"wrote {write_json(args.json, encode(results))}", file=sys.stderr)
    if args.write:
        _write(results, suites)
    sentences = missed(results, suites)
    for text in sentences:
        print(text, file=sys.stderr)
    return 1 if args.check and sentences else 0


def _asked(suite: ModelSuite, args: argparse.Namespace) -> ModelSuite:
    """The part of a suite that is trained and measured."""
    variants = tuple(v for v in suite.variants if v.name in (args.variant or [v.name]))
    return replace(suite, variants=variants, seeds=tuple(args.seeds or suite.seeds))


def _choose(suites: dict[str, ModelSuite], folder: Path) -> int:
    for key, suite in suites.items():
        tried = try_candidates(suite, _data(suite), folder)
        for one in tried:
            print(f"{key}: {one.candidate}: {one.accuracy:.3f} % of the validation samples")
        print(f"wrote {save_choice(key, tried)}", file=sys.stderr)
    return 0


def _train(suites: dict[str, ModelSuite], folder: Path) -> None:
    """The first seed of every model before the second of any: an early end leaves a whole table."""
    most = max(len(suite.seeds) for suite in suites.values())
    for place in range(most):
        for key, suite in suites.items():
            for seed in suite.seeds[place : place + 1]:
                for name, _ in stages(suite, chosen(suite), trainings(suite, _data(suite), seed, folder)):
                    print(f"{key}, seed {seed}: {name} trained", file=sys.stderr, flush=True)


def _measured(suites: dict[str, ModelSuite], folder: Path) -> Results:
    known = asdict(environment())
    told = {key: str(known[key]) for key in ("date", "python", "os", "cpu")}
    return Results(told, tuple(measure(s, chosen(s), _data(s), folder, s.seeds) for s in suites.values()))


def _data(suite: ModelSuite) -> Dataset:
    """The same samples for every seed."""
    return load_dataset(read_zoo_model(suite.key).dataset, seed=0, quiet=True)


def _write(results: Results, suites: dict[str, ModelSuite]) -> None:
    """The results as pages: the whole table, and its summary in the README."""
    write_text(ROOT / "benchmarks" / "results" / "pruning.md", page(results, suites, read_choice()) + "\n")
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    write_text(readme, f"{before}{MARKS[0]}{summary(results, suites)}{MARKS[1]}{after}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", choices=read_suite(), help="repeatable; all when absent")
    parser.add_argument("--variant", action="append", help="repeatable, such as '70 %%'; all when absent")
    parser.add_argument("--seeds", type=int, nargs="+", help="instead of those of suite.toml")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "pruning", help="where work is kept")
    parser.add_argument("--choose", action="store_true", help="try the candidates and keep what they reached")
    parser.add_argument("--train", action="store_true", help="train only")
    parser.add_argument("--json", type=Path, help="keep the results")
    parser.add_argument("--from", dest="kept", type=Path, help="print kept results, measure nothing")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/results and the README")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a limit is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
