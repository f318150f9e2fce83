"""A validation as records of the schema "edgeml.bench/1": one a runner, with its agreement with every other."""

from __future__ import annotations

from edgeml.bench.environment import environment
from edgeml.bench.record import (
    AccumulatorInfo,
    Agreement,
    BenchFile,
    Comparison,
    LatencyInfo,
    LayerDifferenceInfo,
    Record,
    RuntimeInfo,
)
from edgeml.validate.layers import LayerDifference
from edgeml.validate.result import Durations, PairResult, RunnerResult, Validation
from edgeml.validate.runners import REFERENCE


def to_records(found: Validation) -> BenchFile:
    """The records; the reference's own carries the accumulators' bounds."""
    codes = {t.dtype.value for t in found.graph.tensors.values() if t.type.has_codes and not t.is_constant}
    variant = next((kind for kind in ("int8", "int16") if kind in codes), "float32")
    records = [_record(found, runner, variant) for runner in found.runners]
    records += [
        Record(found.graph.name, variant, s.name, RuntimeInfo(s.name, ""), skipped=s.reason) for s in found.skipped
    ]
    return BenchFile(environment(), tuple(records))


def _record(found: Validation, runner: RunnerResult, variant: str) -> Record:
    pairs = [
        (pair, pair.second_name if pair.first_name == runner.name else pair.first_name)
        for pair in found.pairs
        if runner.name in (pair.first_name, pair.second_name)
    ]
    agreements = tuple(_agreement(pair, other) for pair, other in pairs)
    return Record(
        found.graph.name,
        variant,
        runner.name,
        RuntimeInfo(**vars(runner.runtime)),
        accuracy=runner.accuracy,
        latency=None if runner.durations is None else _latency(runner.durations),
        instructions=None if runner.cost is None else runner.cost.instructions,
        cycles=None if runner.cost is None else runner.cost.cycles,
        cycles_model=None if runner.cost is None else runner.cost.cycles_model,
        agreement=next((a for a in agreements if a.reference == REFERENCE), None),
        agreements=agreements,
        labels=found.graph.labels,
        comparisons=tuple(_comparison(pair, other) for pair, other in pairs),
        accumulators=_accumulators(found) if runner.name == REFERENCE else (),
    )


def _latency(d: Durations) -> LatencyInfo:
    return LatencyInfo("us", d.median, d.p95, d.runs, d.minimum, d.mean, d.maximum)


def _agreement(pair: PairResult, other: str) -> Agreement:
    d = pair.difference
    return Agreement(other, d.samples, d.mismatched, d.max_codes or d.max_real)


def _comparison(pair: PairResult, other: str) -> Comparison:
    d = pair.difference
    first = None if pair.first is None else _layer(pair.first)
    causes = tuple(map(_layer, pair.causes))
    return Comparison(other, len(d.differing), d.max_real, d.cosine, pair.verdict, first, causes, pair.note)


def _layer(d: LayerDifference) -> LayerDifferenceInfo:
    return LayerDifferenceInfo(d.tensor, d.op, d.elements, d.mismatched, d.largest, d.allowed, d.reason)


def _accumulators(found: Validation) -> tuple[AccumulatorInfo, ...]:
    return tuple(AccumulatorInfo(a.name, a.op, a.channel, a.bound, a.headroom_bits) for a in found.accumulators)
