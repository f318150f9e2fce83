"""Runs one model everywhere and compares every pair of runners."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgeml.backends.c99.selection import Optimize
from edgeml.bench.progress import Progress
from edgeml.bench.sessions import check_target
from edgeml.bench.suite import CPU_TARGETS
from edgeml.bench.tasks import Task, check_truth, measure, task_of
from edgeml.errors import EdgeMLError, TargetError, UsageError
from edgeml.ir import Array, Graph
from edgeml.quantize import dequantize_output
from edgeml.targets.litert_runtime import RESOLVERS
from edgeml.validate.accumulators import accumulator_bounds
from edgeml.validate.compare import Difference, compare
from edgeml.validate.layers import LayerDifference, check_layers, first_difference, merge
from edgeml.validate.result import Cost, Durations, PairResult, RunnerResult, Validation
from edgeml.validate.runners import open_runners
from edgeml.validate.runners.base import Run, Runner, Subject, check_arrays
from edgeml.validate.runners.emulated import Emulated
from edgeml.validate.samples import Samples

# samples that are compared tensor by tensor to find where two runners part
LAYER_SAMPLES = 64
# samples whose intermediate tensors are in memory at once
CHUNK = 16


@dataclass(frozen=True, eq=False)
class _Proof:
    """Layers of a runner that differ from the reference on their own inputs; `failure` says why there is no proof."""

    causes: tuple[LayerDifference, ...] = ()
    failure: str = ""

    @property
    def holds(self) -> bool:
        return not self.failure and all(c.within for c in self.causes)


def validate_graph(
    graph: Graph,
    samples: Samples,
    targets: Sequence[str] = CPU_TARGETS,
    *,
    path: Path | None = None,
    toolchain: str = "zig",
    resolver: str = "default",
    optimize: Optimize = "balanced",
    bind: Mapping[str, Array] | None = None,
    quiet: bool = True,
) -> Validation:
    """Validate a canonical `graph` (read from `path`, if from a file) on `samples`.

    `bind` are the values with which it was read; kernels on emulated cores are chosen for the aim `optimize`.

    Raises DataError or UsageError on unusable samples or names; a runner that cannot run is listed as skipped.
    """
    for target in targets:
        check_target(target)
    if resolver not in RESOLVERS:
        raise UsageError(f"unknown resolver '{resolver}'. Choose one of {', '.join(RESOLVERS)}.")
    for tensor in graph.input_tensors:
        if tensor.shape[:1] != (1,):
            raise UsageError(
                f"'{tensor.name}': validate runs one sample at a time, so the first dimension of an input must be 1. "
                f"Got {tensor.shape}. Fix the batch with --size or the input with --bind."
            )
    for tensor in graph.output_tensors:
        if not tensor.shape:
            raise UsageError(f"'{tensor.name}': validate compares outputs with dimensions. Got a single number.")
    arrays = check_arrays(graph, samples.arrays)
    truth = None if samples.labels is None else check_truth(graph, samples.labels)
    task = None if samples.labels is None else task_of(graph, samples.labels)
    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        subject = Subject(graph, Path(folder), path, toolchain, resolver, bind or {}, optimize)  # type: ignore[arg-type]
        runners, skipped = open_runners(subject, targets)
        runs = _run_all(runners, arrays, quiet)
        pairs = _Comparison(graph, arrays, runners, runs).pairs()
    given = arrays[0] if arrays else None
    results = tuple(_result(graph, r, run, runs[0], task, given, truth) for r, run in zip(runners, runs, strict=True))
    return Validation(graph, samples.origin, results, tuple(skipped), pairs, accumulator_bounds(graph))


def _run_all(runners: Sequence[Runner], arrays: Sequence[Array], quiet: bool) -> list[Run]:
    runs = []
    with Progress(quiet) as progress:
        for runner in runners:
            count = runner.affordable(arrays)
            task = progress.task(runner.name, count)
            run = runner.run([a[:count] for a in arrays], lambda n, task=task: progress.advance(task, n))  # type: ignore[misc]
            runs.append(replace(run, outputs=tuple(_by_sample(o, count) for o in run.outputs)))
    return runs


def _by_sample(output: Array, count: int) -> Array:
    """(N, …) also where one run gives several rows: a recurrent model's states of all layers."""
    return output if len(output) == count else output.reshape(count, -1)


class _Comparison:
    """All pairs; what is looked up layer by layer is computed once a runner."""

    def __init__(self, graph: Graph, arrays: Sequence[Array], runners: Sequence[Runner], runs: Sequence[Run]) -> None:
        self._graph, self._arrays, self._runners, self._runs = graph, arrays, runners, runs
        self._types = [t.type for t in graph.output_tensors]
        self._proofs: dict[int, _Proof] = {}
        self._activations: dict[tuple[int, bytes], Mapping[str, Array]] = {}

    def pairs(self) -> tuple[PairResult, ...]:
        return tuple(self._pair(i, j) for i, j in itertools.combinations(range(len(self._runners)), 2))

    def _pair(self, i: int, j: int) -> PairResult:
        names = self._runners[i].name, self._runners[j].name
        difference = self._compare(i, j)
        if difference.identical or len(difference.beyond) == 0:
            verdict = "identical" if difference.identical else "within tolerance"
            return PairResult(*names, difference, verdict, None, ())
        proofs = [self._proof(i), self._proof(j)]
        causes = tuple(c for p in proofs for c in p.causes)
        notes = [p.failure for p in proofs if p.failure]
        try:
            first = self._first(i, j, difference)
        except EdgeMLError as error:
            first = None
            notes.append(str(error))
        verdict = "within bound" if all(p.holds for p in proofs) else "beyond"
        return PairResult(*names, difference, verdict, first, causes, " ".join(dict.fromkeys(notes)))

    def _compare(self, i: int, j: int) -> Difference:
        return compare(self._runs[i].outputs, self._runs[j].outputs, self._types)

    def _first(self, i: int, j: int, difference: Difference) -> LayerDifference | None:
        """Where the two part; a runner with the outputs of another is represented by the first of them."""
        chosen = difference.beyond[:LAYER_SAMPLES]
        a, b = (self._own(self._representative(k), chosen) for k in (i, j))
        return first_difference(self._graph, a, b)

    def _representative(self, i: int) -> int:
        return next(k for k in range(i + 1) if k == i or self._compare(k, i).identical)

    def _proof(self, i: int) -> _Proof:
        """The runner against the references, operator by operator, on all samples where their outputs differ."""
        if i not in self._proofs:
            beyond = self._compare(0, i).beyond
            try:
                parts = [self._checked(i, beyond[s : s + CHUNK]) for s in range(0, len(beyond), CHUNK)]
                layers = merge(parts)
                self._proofs[i] = _Proof(tuple(d for d in layers if d.mismatched and not (d.is_float and d.within)))
            except EdgeMLError as error:
                self._proofs[i] = _Proof(failure=f"{self._runners[i].name}: {error}")
        return self._proofs[i]

    def _checked(self, i: int, chosen: Array) -> tuple[LayerDifference, ...]:
        inputs = {n: a[chosen] for n, a in zip(self._graph.inputs, self._arrays, strict=True)}
        return check_layers(self._graph, inputs, self._own(i, chosen), self._runners[i].contract)

    def _own(self, i: int, chosen: Array) -> Mapping[str, Array]:
        """The runner's intermediate tensors for the chosen samples; its outputs must be those of the plain run."""
        key = (i, chosen.tobytes())
        if key not in self._activations:
            found = self._runners[i].activations([a[chosen] for a in self._arrays])
            for name, plain in zip(self._graph.outputs, self._runs[i].outputs, strict=True):
                if name in found and not np.array_equal(
                    found[name].reshape(plain[chosen].shape), plain[chosen], equal_nan=plain.dtype.kind == "f"
                ):
                    raise TargetError(
                        "with all tensors as outputs the runtime computes other results than without, so its layers "
                        "cannot be compared."
                    )
            if len(self._activations) > 2 * len(self._runners):
                self._activations.clear()
            self._activations[key] = found
        return self._activations[key]


def _result(
    graph: Graph, runner: Runner, run: Run, reference: Run, task: Task | None, x: Array | None, truth: Array | None
) -> RunnerResult:
    found, correct, against = None, None, None
    if task is not None and truth is not None and x is not None:
        count, type_ = len(run.outputs[0]), graph.output_tensors[0].type
        outputs, exact = (dequantize_output(r.outputs[0][:count], type_) for r in (run, reference))
        reals = dequantize_output(x[:count], graph.input_tensors[0].type)
        found = measure(task, outputs, reals, truth[:count])
        if run is not reference and len(exact) == count:
            against = measure(task, outputs, reals, truth[:count], exact)
        correct = round(found.value * found.n) if found.metric == "top1" else None
    return RunnerResult(
        runner.name, runner.name, runner.runtime, run.outputs, _durations(run.micros), _cost(runner), found, correct,
        against,
    )  # fmt: skip


def _durations(micros: Array) -> Durations | None:
    if len(micros) == 0:
        return None
    p95 = float(np.percentile(micros, 95, method="inverted_cdf"))
    return Durations(
        float(micros.min()), float(micros.mean()), float(micros.max()), float(np.median(micros)), p95, len(micros)
    )


def _cost(runner: Runner) -> Cost | None:
    if not isinstance(runner, Emulated) or runner.profile is None:
        return None
    return Cost(runner.profile.instructions, runner.profile.cycles, runner.profile.cycles_model)
