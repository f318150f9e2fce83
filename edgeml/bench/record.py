"""What a benchmark leaves behind: frozen records, and their JSON form "edgeml.bench/1"."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeml.bench.codec import decode, encode
from edgeml.bench.record_explanation import ClassLoss as ClassLoss
from edgeml.bench.record_explanation import Explanation as Explanation
from edgeml.bench.record_explanation import Flip as Flip
from edgeml.bench.record_explanation import LayerLoss as LayerLoss
from edgeml.errors import ModelFormatError
from edgeml.files import parse_json, read_bytes, write_json

SCHEMA = "edgeml.bench/1"


@dataclass(frozen=True)
class RuntimeInfo:
    """What ran the model; compiler and flags are empty for runtimes that come as a package."""

    name: str
    version: str
    compiler: str = ""
    flags: str = ""


@dataclass(frozen=True)
class Accuracy:
    """`value` on `n` samples with its 95 % interval, and the paired comparison with the float32 model.

    `delta` = value - float_value, with its 95 % interval `delta_ci95`; `flips` counts samples whose prediction differs
    from the float model's; `mcnemar_p` is the exact two-sided p of "both models are right equally often". `metric` is
    "top1", or for values "rmse" (with `mae` and `r2`), or for anomalies "auc"; these have neither flips nor p.
    """

    metric: str
    value: float
    n: int
    ci95: tuple[float, float]
    float_value: float | None = None
    delta: float | None = None
    flips: int | None = None
    mcnemar_p: float | None = None
    delta_ci95: tuple[float, float] | None = None
    mae: float | None = None
    r2: float | None = None


@dataclass(frozen=True)
class LatencyInfo:
    """Time of one inference; `unit` is "us". `edgeml validate` adds minimum, mean and maximum."""

    unit: str
    median: float
    p95: float
    runs: int
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class MemoryInfo:
    """Bytes; None where the target does not tell.

    flash = code + weights + initialised data, ram = arena + data_bss + stack. `stack` is the deepest that was seen,
    `stack_bound` the deepest that the code can reach. No plan for the same kernels in the same order needs an arena
    smaller than `arena_lower_bound`.
    """

    flash: int | None = None
    code: int | None = None
    weights: int | None = None
    ram: int | None = None
    arena: int | None = None
    stack: int | None = None
    data_bss: int | None = None
    stack_bound: int | None = None
    arena_lower_bound: int | None = None


@dataclass(frozen=True)
class LayerDifferenceInfo:
    """Differences in one tensor between two runtimes, or between one and the operator's reference on its own inputs.

    `max_abs_diff` and `allowed` are codes for integers, reals for float32; `allowed` is the documented bound.
    """

    tensor: str
    op: str
    elements: int
    mismatched: int
    max_abs_diff: float
    allowed: float
    reason: str = ""


@dataclass(frozen=True)
class Agreement:
    """Outputs compared with those of the target `reference` on the same `samples`.

    `mismatched_outputs` counts output elements that are not identical; `max_abs_diff` is in codes for int8.
    """

    reference: str
    samples: int
    mismatched_outputs: int
    max_abs_diff: float


@dataclass(frozen=True)
class Comparison:
    """What `edgeml validate` adds to the agreement with the target `reference`.

    `verdict` is identical, within tolerance, within bound or beyond; `first_layer` the first where the two differ,
    `causes` the layers that differ on their own inputs, `note` what could not be shown.
    """

    reference: str
    mismatched_samples: int
    max_real_diff: float
    cosine: float
    verdict: str
    first_layer: LayerDifferenceInfo | None = None
    causes: tuple[LayerDifferenceInfo, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class AccumulatorInfo:
    """No input can make |int32 accumulator| of the layer exceed `bound`, reached in `channel`."""

    layer: str
    op: str
    channel: int
    bound: int
    headroom_bits: float


@dataclass(frozen=True)
class Layer:
    """One node. `bytes` are its weights and biases, `sparsity` the share of zero weights, `sqnr_db` the
    signal-to-quantisation-noise ratio of its output against the float graph.

    Of a core's C code: the `kernel`, the `reason` of its choice and its form of `requantisation`, the `estimate` of its
    instructions that the choice was made by, and the bytes of its packed constants in `flash`.
    """

    name: str
    op: str
    macs: int
    instructions: int | None = None
    cycles: int | None = None
    output_shape: tuple[int, ...] = ()
    bytes: int | None = None
    sparsity: float | None = None
    sqnr_db: float | None = None
    kernel: str = ""
    reason: str = ""
    requantisation: str = ""
    estimate: int | None = None
    flash: int | None = None


@dataclass(frozen=True)
class FunctionInfo:
    """A function of the image: bytes of code, of its own frame, of its deepest stack with all that it calls, and the
    instructions of its own in one inference."""

    name: str
    code: int
    frame: int | None
    stack: int | None
    instructions: int


@dataclass(frozen=True)
class MapEntry:
    """A tensor in the arena: `bytes` at `offset`, alive from node `first` to node `last`, inclusive."""

    tensor: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class FileSize:
    """An exported file; `compressed` is its size after zlib at level 9."""

    name: str
    bytes: int
    compressed: int


@dataclass(frozen=True)
class BoardFit:
    """A board with this core: used shares of its memories (1.0 = full) and time of one inference."""

    name: str
    flash: float
    ram: float
    ms: float | None = None

    @property
    def fits(self) -> bool:
        return self.flash <= 1.0 and self.ram <= 1.0


@dataclass(frozen=True)
class SearchPoint:
    """A recipe that was tried: accuracy on held-out samples, and what the compiler's model says that it costs.

    `bits` are those of the weights of layers that do not have 8; `flash` and `ram` are bytes, `ms` is modelled time.
    `misses` says what is beyond the budget; no other point equals or beats one of the `front` in all figures.
    """

    name: str
    accuracy: Accuracy
    instructions: int
    flash: int
    ram: int
    ms: float | None = None
    bits: dict[str, int] = field(default_factory=dict)
    misses: tuple[str, ...] = ()
    front: bool = False
    chosen: bool = False


@dataclass(frozen=True)
class Search:
    """What was searched for, in words (`budget`), and all that was tried; `layers` have weights."""

    budget: str
    layers: int
    points: tuple[SearchPoint, ...]


@dataclass(frozen=True)
class Record:
    """One variant of one model on one target. `skipped` says why nothing was measured; empty when it was.

    `optimize` is what the kernels of a core's C code were chosen for; empty elsewhere. `explanation` says where an int8
    variant loses, `search` what else was tried before it was chosen.
    """

    model: str
    variant: str
    target: str
    runtime: RuntimeInfo
    accuracy: Accuracy | None = None
    latency: LatencyInfo | None = None
    instructions: int | None = None
    cycles: int | None = None
    cycles_model: str | None = None
    memory: MemoryInfo | None = None
    agreement: Agreement | None = None
    layers: tuple[Layer, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    labels: tuple[str, ...] = ()
    memory_map: tuple[MapEntry, ...] = ()
    parameters: int | None = None
    sparsity: float | None = None
    files: tuple[FileSize, ...] = ()
    boards: tuple[BoardFit, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    accumulators: tuple[AccumulatorInfo, ...] = ()
    skipped: str = ""
    optimize: str = ""
    functions: tuple[FunctionInfo, ...] = ()
    explanation: Explanation | None = None
    search: Search | None = None


@dataclass(frozen=True)
class Environment:
    """Where and when it was measured; versions of the packages that matter, by name."""

    edgeml: str
    python: str
    os: str
    cpu: str
    date: str
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchFile:
    """All records of one run."""

    environment: Environment
    records: tuple[Record, ...]


def to_json(bench: BenchFile) -> dict[str, Any]:
    """The JSON object; keys in the order of the classes, so equal records give equal bytes."""
    return {"schema": SCHEMA, **encode(bench)}


def from_json(value: Any) -> BenchFile:
    """Records from a JSON object; ModelFormatError when the schema or a field is not as expected."""
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema != SCHEMA:
        raise ModelFormatError(
            f"records: the schema must be '{SCHEMA}'. Got {schema!r}. Give a file of `edgeml bench --json`."
        )
    return decode(BenchFile, value, "file")


def save(path: Path, bench: BenchFile) -> Path:
    """Write `bench` as JSON, whole or not at all."""
    return write_json(path, to_json(bench))


def read(path: Path) -> BenchFile:
    """Records of a JSON file; ModelFormatError names the file."""
    value = parse_json(
        read_bytes(path, "records file"), f"records file '{path}'", "Give a file of `edgeml bench --json`."
    )
    try:
        return from_json(value)
    except ModelFormatError as error:
        raise ModelFormatError(f"'{path}': {error}") from None
