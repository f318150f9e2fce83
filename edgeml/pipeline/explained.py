"""Why the int8 variant of a build loses what it loses: kept with its stage, shown in its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeml.bench.environment import environment
from edgeml.bench.record import BenchFile, read, save
from edgeml.data import Dataset
from edgeml.explain import explain
from edgeml.quantize import QuantizeResult

# test samples that are looked at, from everywhere in the test set
SAMPLES = 100
_FILE = "explained.json"


def save_explanation(result: QuantizeResult, data: Dataset, folder: Path, samples: int = SAMPLES) -> Path:
    """Explain `result` on test samples of `data`; flips are numbered as in the test set."""
    count = min(samples, len(data.x_test))
    chosen = np.arange(count) * len(data.x_test) // count
    record = explain(result, data.x_test[chosen], data.y_test[chosen], data.labels)
    why = record.explanation
    assert why is not None
    why = replace(why, flips=tuple(replace(f, sample=int(chosen[f.sample])) for f in why.flips))
    return save(folder / _FILE, BenchFile(environment(), (replace(record, explanation=why),)))


def with_explanation(bench: BenchFile, variant: str, folder: Path) -> BenchFile:
    """`bench` with what `save_explanation` left in `folder` at the first record of `variant`."""
    why = read(folder / _FILE).records[0].explanation
    first = next((r for r in bench.records if r.variant == variant and not r.skipped), None)
    records = tuple(replace(r, explanation=why) if r is first else r for r in bench.records)
    return replace(bench, records=records)
