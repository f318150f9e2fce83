"""What to measure: variants of a model, samples, targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgeml.backends.c99.selection import Optimize
from edgeml.errors import DataError, UsageError
from edgeml.ir import Array, DType, Graph, Numerics, TensorType
from edgeml.quantize import quantize_input

CPU_TARGETS = ("litert", "onnxruntime", "host")
# where the C code's int8 arithmetic runs too, for each numerics
ORACLES = {Numerics.LITERT: CPU_TARGETS, Numerics.TFLM: ("tflite_micro", "host")}


@dataclass(frozen=True, eq=False)
class Variant:
    """One form of the model with its exports; all carry the graph's own input and output types.

    `sqnr` maps layer names to dB. `missing` maps a target to the reason why it has no artefact.
    """

    name: str
    graph: Graph
    litert: bytes | None = None
    onnx: bytes | None = None
    library: Path | None = None
    sqnr: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_float(self) -> bool:
        return self.graph.input_tensors[0].dtype is DType.FLOAT32 and not any(
            t.dtype is DType.INT8 or t.type.has_codes for t in self.graph.tensors.values()
        )


@dataclass(frozen=True, eq=False)
class BenchInput:
    """`x` (N, …) float32 samples, `y` labels or None: int (N,) classes or anomalies, or float values.

    The first `samples` run on emulated cores. Each core gets kernels of its own, chosen for the aim `optimize`.
    """

    model: str
    variants: tuple[Variant, ...]
    x: Array
    y: Array | None
    targets: tuple[str, ...] = CPU_TARGETS
    toolchain: str = "zig"
    samples: int = 100
    latency_runs: int = 500
    quiet: bool = False
    optimize: Optimize = "balanced"

    def __post_init__(self) -> None:
        if not self.variants:
            raise UsageError("bench: nothing to measure. Give at least one model.")
        if len(self.x) == 0:
            raise DataError("bench: the data set has no samples. Check --data.")
        if self.y is not None and len(self.y) != len(self.x):
            raise DataError(f"bench: {len(self.x)} samples need as many labels. Got {len(self.y)}.")


def model_input(x: Array, type_: TensorType) -> Array:
    """Float samples (N, …) as a model input: shaped like `type_`, quantised when it is int8.

    A flat model takes images and the other way round, as long as the number of elements is the same; images of one
    layout are none of another.
    """
    shape = (len(x), *type_.shape[1:])
    if x.shape != shape:
        got, want = ([d for d in s[1:] if d != 1] for s in (x.shape, shape))
        if x[0].size != int(np.prod(shape[1:])) or (got != want and min(len(got), len(want)) > 1):
            raise DataError(
                f"input '{type_.shape[1:]}': samples must have this shape. Got {x.shape[1:]}. "
                "Use the data set that the model was trained for."
            )
        x = x.reshape(shape)
    bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
    if len(bad):
        raise DataError(f"sample {int(bad[0])} holds NaN or infinity ({len(bad)} such samples). Clean the data set.")
    return quantize_input(x, type_)
