"""Measures int8 models: what they predict for the test samples, and what they take on a core."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from results import Cost, Outcome

from edgeml.backends import litert
from edgeml.bench.metrics import accuracy, predictions
from edgeml.bench.runner import run_bench
from edgeml.bench.statistics import paired_points
from edgeml.bench.suite import BenchInput
from edgeml.errors import TargetError
from edgeml.ir import Array, Graph
from edgeml.pipeline.artifacts import make_variant
from edgeml.quantize import Recipe, quantize
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.training.zoo import read_zoo_model

CORE, TOOLCHAIN = "cortex-m4", "zig"
# runtimes whose outputs must be the same bits, and the samples that they and the core run
ORACLES, COMPARED, EMULATED = ("host", "litert", "onnxruntime"), 500, 10


def rounded(model: str, graph: Graph, samples: Array) -> Graph:
    """The int8 graph of a float32 one, as a build of the zoo model makes it from calibration `samples` (N, …)."""
    return quantize(graph, samples, Recipe(**read_zoo_model(model).quantize.recipe)).graph


def predicted(graph: Graph, x: Array) -> Array:
    """Predicted classes (N,) for reals x (N, …), by LiteRT."""
    return predictions(LiteRTTarget(litert.emit(graph, io="float32")).run(x))


def outcome(seed: int, exact: Array, found: Array, y: Array) -> Outcome:
    """Predictions `found` (N,) of an int8 model against those of the dense float32 model, `exact`."""
    told = accuracy(found, y, exact)
    assert told.float_value is not None and told.flips is not None and told.mcnemar_p is not None
    points, error = paired_points(exact == y, found == y)
    low, high = told.ci95
    return Outcome(
        seed, 100 * told.float_value, 100 * told.value, (100 * low, 100 * high), points, error, told.flips,
        told.mcnemar_p,
    )  # fmt: skip


def mean_error(changes: Mapping[int, Array]) -> float:
    """Standard error, in points, of the mean over seeds and samples; `changes` are -1, 0 or 1, int (N,) by seed."""
    means = np.mean(list(changes.values()), axis=0)
    return 100 * float(np.std(means, ddof=1) / np.sqrt(len(means)))


def cost(seed: int, graph: Graph, x: Array) -> Cost:
    """What the int8 `graph` takes on a core; x (N, …) are test samples that all runtimes must agree on."""
    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        variant = make_variant("int8", graph, Path(folder))
        bench = BenchInput(
            graph.name,
            (variant,),
            x[:COMPARED],
            None,
            (*ORACLES, CORE),
            TOOLCHAIN,
            EMULATED,
            latency_runs=1,
            quiet=True,
        )
        records = {r.target: r for r in run_bench(bench).records}
    core = records[CORE]
    if core.instructions is None or core.memory is None or core.memory.flash is None:
        raise TargetError(f"{graph.name} on {CORE}: {core.skipped or 'not measured'}")
    constants = sum(layer.flash or 0 for layer in core.layers)
    differing = sum(a.mismatched_outputs for r in records.values() for a in r.agreements if a.reference == "host")
    return Cost(seed, core.instructions, constants, core.memory.flash, differing)
