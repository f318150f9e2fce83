"""Runs every variant on every target and compares: accuracy, agreement, latency, cost, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from edgeml.bench.boards import board_fits
from edgeml.bench.environment import environment
from edgeml.bench.layers import (
    file_sizes,
    graph_layers,
    library_memory,
    memory_info,
    parameters,
    with_costs,
    with_library,
)
from edgeml.bench.metrics import confusion, predictions
from edgeml.bench.progress import Progress
from edgeml.bench.record import Agreement, BenchFile, FunctionInfo, LatencyInfo, Record, RuntimeInfo
from edgeml.bench.sessions import Session, check_target, is_emulated, open_session
from edgeml.bench.statistics import agreement
from edgeml.bench.suite import CPU_TARGETS, BenchInput, Variant, model_input
from edgeml.bench.tasks import check_truth, measure, task_of
from edgeml.errors import DataError, EdgeMLError, TargetError, UsageError
from edgeml.ir import Array, Numerics
from edgeml.prune.sparsity import total_sparsity
from edgeml.quantize import dequantize_output

# int8 outputs are compared with the C code, which is what ships to the device
REFERENCE = ("host", "tflite_micro", "litert", "onnxruntime")
# float code on a core without an FPU costs tens of instructions a multiplication
FLOAT_EMULATED_SAMPLES = 3
# one batch of samples between two steps of the progress bar
CHUNK = 500


@dataclass(frozen=True, eq=False)
class _Run:
    """A record without comparisons, and the outputs it was made from."""

    record: Record
    outputs: Array | None


def run_bench(bench: BenchInput) -> BenchFile:
    """Measure everything; a target that cannot run here gives a record that says why.

    Raises DataError or UsageError on unusable samples or names, and the first reason when nothing ran at all.
    """
    for target in bench.targets:
        check_target(target)
    y = None if bench.y is None else check_truth(bench.variants[0].graph, bench.y)
    runs: dict[str, dict[str, _Run]] = {}
    with Progress(bench.quiet) as progress:
        for variant in bench.variants:
            if _classes(variant) != _classes(bench.variants[0]):
                raise UsageError("bench: all models must have the same number of outputs. Measure them one by one.")
            runs[variant.name] = {t: _measure(bench, variant, t, progress) for t in bench.targets}
    if all(r.outputs is None for found in runs.values() for r in found.values()):
        reasons = [r.record.skipped for found in runs.values() for r in found.values()]
        raise TargetError(f"nothing could be measured. {reasons[0]}")
    float_outputs = _float_outputs(bench, runs)
    records = []
    for variant in bench.variants:
        for target in bench.targets:
            records.append(_compared(bench, variant, runs[variant.name], target, y, float_outputs))
    return BenchFile(environment(), tuple(records))


def _measure(bench: BenchInput, variant: Variant, target: str, progress: Progress) -> _Run:
    x = model_input(bench.x, variant.graph.input_tensors[0].type)
    if is_emulated(target):
        x = x[: min(bench.samples, FLOAT_EMULATED_SAMPLES) if variant.is_float else bench.samples]
    memory, memory_map = library_memory(variant)
    layers = graph_layers(variant)
    record = Record(
        bench.model,
        variant.name,
        target,
        RuntimeInfo(target, ""),
        layers=layers,
        labels=variant.graph.labels,
        parameters=parameters(variant),
        sparsity=total_sparsity(variant.graph),
        files=file_sizes(variant),
        optimize=bench.optimize if is_emulated(target) else "",
    )
    if target not in ("litert", "onnxruntime", "tflite_micro"):
        record = replace(record, memory=memory, memory_map=memory_map)
    task = progress.task(f"{variant.name} on {target}", len(x))
    try:
        session = open_session(variant, target, bench.toolchain, bench.optimize)
        outputs = _outputs(session, x, progress, task)
        record = replace(record, runtime=RuntimeInfo(**vars(session.runtime)))
        record = _cost(record, session, x, bench)
        manifest = getattr(session, "manifest", None)
        if manifest is not None:
            record = with_library(record, manifest)
    except (DataError, UsageError):
        raise
    except EdgeMLError as error:
        progress.done(task)
        return _Run(replace(record, skipped=str(error)), None)
    return _Run(record, outputs)


def _outputs(session: Session, x: Array, progress: Progress, task: int) -> Array:
    parts = []
    step = CHUNK if len(x) > CHUNK else max(1, len(x) // 10)
    for start in range(0, len(x), step):
        parts.append(session.run(x[start : start + step]))
        progress.advance(task, len(parts[-1]))
    return np.concatenate(parts)


def _cost(record: Record, session: Session, x: Array, bench: BenchInput) -> Record:
    from edgeml.targets.emulator.target import EmulatedTarget

    if isinstance(session, EmulatedTarget):
        profile = session.profile(x[0])
        return replace(
            record,
            instructions=profile.instructions,
            cycles=profile.cycles,
            cycles_model=profile.cycles_model,
            memory=memory_info(session.memory),
            layers=with_costs(record.layers, profile.layers),
            functions=tuple(FunctionInfo(**asdict(f)) for f in profile.functions),
            boards=board_fits(record.target, session.memory, profile.cycles),
        )
    found = session.latency(x[:100], bench.latency_runs, max(1, bench.latency_runs // 10))
    return record if found is None else replace(record, latency=LatencyInfo(**vars(found)))


def _float_outputs(bench: BenchInput, runs: Mapping[str, Mapping[str, _Run]]) -> Array | None:
    """Outputs of the float32 model on all samples, LiteRT's if it ran: what the others are compared with."""
    base = next((v for v in bench.variants if v.is_float), None)
    if base is None:
        return None
    found = runs[base.name]
    order = (*CPU_TARGETS, "tflite_micro")
    return next((found[t].outputs for t in order if t in found and found[t].outputs is not None), None)


def _compared(
    bench: BenchInput,
    variant: Variant,
    runs: Mapping[str, _Run],
    target: str,
    y: Array | None,
    float_outputs: Array | None,
) -> Record:
    run = runs[target]
    if run.outputs is None:
        return run.record
    record = replace(run.record, agreements=_agreements(runs, target))
    reference = next((t for t in REFERENCE if t in runs and runs[t].outputs is not None), None)
    if not variant.is_float and variant.graph.numerics is Numerics.TFLM and target in ("litert", "onnxruntime"):
        reference = None  # another arithmetic: the differences are listed, but they are no disagreement
    record = replace(record, agreement=next((a for a in record.agreements if a.reference == reference), None))
    if y is None:
        return record
    truth = y[: len(run.outputs)]
    task = task_of(variant.graph, truth)
    outputs = dequantize_output(run.outputs, variant.graph.output_tensors[0].type)
    base = None if float_outputs is None or variant.is_float else float_outputs[: len(truth)]
    record = replace(record, accuracy=measure(task, outputs, bench.x[: len(truth)], truth, base))
    if task != "classes":
        return record
    return replace(record, confusion=confusion(predictions(outputs), truth, max(2, _classes(variant))))


def _agreements(runs: Mapping[str, _Run], target: str) -> tuple[Agreement, ...]:
    """This target's outputs against every other target's, on the samples that both ran."""
    mine = runs[target].outputs
    found = []
    for other, run in runs.items():
        if other != target and mine is not None and run.outputs is not None:
            n = min(len(mine), len(run.outputs))
            found.append(agreement(other, run.outputs[:n].reshape(n, -1), mine[:n].reshape(n, -1)))
    return tuple(found)


def _classes(variant: Variant) -> int:
    return variant.graph.output_tensors[0].type.elements
