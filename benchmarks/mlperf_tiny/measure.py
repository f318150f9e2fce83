"""Compiles one model for every core, runs it there, and compares every output with the host's and LiteRT's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from suite import Model

from edgeml.backends.c99.selection import Optimize
from edgeml.bench.record import Record
from edgeml.bench.runner import run_bench
from edgeml.bench.suite import BenchInput
from edgeml.data.stored import as_reals
from edgeml.frontends import load
from edgeml.ir import Array, TensorType
from edgeml.passes import canonicalize
from edgeml.pipeline.artifacts import make_variant

# where the outputs must come out the same, bit for bit
ORACLES = ("host", "litert")
# the latency of this machine is no figure of this suite
LATENCY_RUNS = 1


def measure(
    model: Model, path: Path, cores: Iterable[str], toolchain: str, optimize: Optimize, samples: int
) -> list[Record]:
    """A record for each core; one that could not run says why in `skipped`."""
    graph = canonicalize(load(path))
    x = sample_inputs(graph.input_tensors[0].type, samples)
    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        variant = make_variant("int8", graph, Path(folder))
        bench = BenchInput(
            model.key, (variant,), x, None, (*ORACLES, *cores), toolchain, samples, LATENCY_RUNS, True, optimize
        )
        found = run_bench(bench)
    # what the table does not show is left out of the kept file
    return [_kept(r) for r in found.records if r.target not in ORACLES]


def _kept(record: Record) -> Record:
    layers = tuple(replace(x, reason="") for x in record.layers)
    return replace(record, layers=layers, memory_map=(), boards=(), files=(), functions=())


def sample_inputs(type_: TensorType, count: int) -> Array:
    """`count` inputs as reals (count, …): the smallest code everywhere, the largest, the zero point, then noise."""
    shape = (count, *type_.shape[1:])
    codes = np.random.default_rng(0).integers(-128, 128, shape).astype(np.float32)
    for i, value in enumerate((-128, 127, type_.zero_point)[: count - 1]):
        codes[i] = value
    return as_reals(codes, "codes", type_)


def mismatches(record: Record) -> list[str]:
    """The oracles that a record's outputs differ from, in words; empty when all are the same bits."""
    found = {a.reference: a for a in record.agreements if a.reference in ORACLES}
    return [
        f"{a.mismatched_outputs:,} of its outputs differ from {name}'s, by up to {a.max_abs_diff:g}"
        for name, a in found.items()
        if a.mismatched_outputs
    ]


def oracles(record: Record) -> tuple[str, ...]:
    """The oracles that a record was compared with."""
    return tuple(a.reference for a in record.agreements if a.reference in ORACLES)
