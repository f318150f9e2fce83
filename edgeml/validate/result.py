"""What a validation found, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.bench.record import Accuracy
from edgeml.ir import Array, Graph
from edgeml.targets.base import Runtime
from edgeml.validate.accumulators import AccumulatorBound
from edgeml.validate.compare import Difference
from edgeml.validate.layers import LayerDifference
from edgeml.validate.runners import Skipped


@dataclass(frozen=True)
class Durations:
    """Microseconds of one inference over all samples."""

    minimum: float
    mean: float
    maximum: float
    median: float
    p95: float
    runs: int


@dataclass(frozen=True)
class Cost:
    """What one inference takes on an emulated core; `cycles` is None without a timing table."""

    instructions: int
    cycles: int | None
    cycles_model: str | None


@dataclass(frozen=True, eq=False)
class RunnerResult:
    """One runner: its outputs (N, …) in the graph's order, and what they cost; with labels how good they are, how many
    predictions are `correct`, and the same compared `against` the reference in Python.
    """

    name: str
    target: str
    runtime: Runtime
    outputs: tuple[Array, ...]
    durations: Durations | None
    cost: Cost | None
    accuracy: Accuracy | None
    correct: int | None
    against: Accuracy | None = None

    @property
    def samples(self) -> int:
        return len(self.outputs[0])


@dataclass(frozen=True, eq=False)
class PairResult:
    """Two runners compared. `verdict` is "identical", "within tolerance", "within bound" or "beyond".

    `first` is the first layer where the two differ; `causes` are the layers that alone, on the runner's own inputs,
    differ from the reference; `note` says what could not be shown.
    """

    first_name: str
    second_name: str
    difference: Difference
    verdict: str
    first: LayerDifference | None
    causes: tuple[LayerDifference, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict != "beyond"


@dataclass(frozen=True, eq=False)
class Validation:
    """Everything: `inputs` says where the samples came from, `graph` is the canonical graph."""

    graph: Graph
    inputs: str
    runners: tuple[RunnerResult, ...]
    skipped: tuple[Skipped, ...]
    pairs: tuple[PairResult, ...]
    accumulators: tuple[AccumulatorBound, ...]

    @property
    def passed(self) -> bool:
        """Whether every pair is within its bound and no accumulator can overflow."""
        return all(p.passed for p in self.pairs) and not any(a.overflows for a in self.accumulators)
