"""Accuracy, instructions and bytes of pruned models, all from the same dense training.

python benchmarks/pruning/run.py [MODEL …] [--output build/pruning] [--train-only] [--write FILE.md]

Every training happens once and goes on after an interruption: the folder keeps what is done.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from train import dense, pruned, read_suite

from edgeml.data import load_dataset
from edgeml.training.zoo import read_zoo_model


def main() -> int:
    """Train what is missing, measure, print the table; 1 when a variant loses more than its limit."""
    suite = read_suite()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help=", ".join(suite))
    parser.add_argument("--output", type=Path, default=Path("build/pruning"))
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for model in options.models or suite:
        data = load_dataset(read_zoo_model(model).dataset, seed=options.seed, quiet=True)
        folder = options.output / model
        start = dense(model, data, folder, seed=options.seed)
        print(f"{model}: dense {start.float_accuracy:.2%}", file=sys.stderr, flush=True)
        for variant in suite[model]:
            trained = pruned(model, data, start, variant, folder, seed=options.seed)
            print(f"{model}: {variant.name} {trained.float_accuracy:.2%}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
