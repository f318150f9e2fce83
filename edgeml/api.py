"""What the commands do, as Python functions; every function returns what it measured or made.

The packages below are imported here, before `edgeml/__init__` gives their names to functions: importing a
sub-package later would put the package back under its name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import edgeml.bench
import edgeml.finetune
import edgeml.prune
import edgeml.quantize
import edgeml.report
import edgeml.validate  # noqa: F401 - see above
from edgeml.backends.boundary import IO
from edgeml.backends.c99.selection import PORTABLE, Optimize, check_aim
from edgeml.backends.onnx.forms import Int16Form
from edgeml.bench.suite import CPU_TARGETS, BenchInput
from edgeml.finetune import AwareConfig, AwareResult, train_quantized
from edgeml.frontends import load
from edgeml.ir import Array, Graph, Numerics
from edgeml.passes import canonicalize, with_numerics
from edgeml.pipeline.export import FORMATS, compile_graph
from edgeml.prune.patterns import Scope
from edgeml.quantize.quantizer import QuantizeResult, must_be_real
from edgeml.quantize.quantizer import quantize as quantize_graph
from edgeml.quantize.recipe import Recipe
from edgeml.sparsify.sparsify import Importance, SparsifyConfig, parse_structure, sparsify

if TYPE_CHECKING:
    from edgeml.bench.record import BenchFile
    from edgeml.search import Budgeted
    from edgeml.validate.result import Validation


def prune(
    model: Any,
    sparsity: float,
    scope: Scope = "global",
    pattern: str = "element",
    importance: Importance = "l1",
    x: Array | None = None,
    y: Array | None = None,
    dense: Sequence[str] = (),
    target: str | None = None,
    optimize: Optimize = "balanced",
) -> Graph:
    """The float graph of `model` (path, Keras model or Graph) with the share `sparsity` of its weights zeroed.

    `pattern` is element, N:M, block:OxI, channel (the graph gets smaller; every layer keeps a multiple of four) or
    channel:M; nodes named in `dense` stay whole. Channels that compete (scope "global") go by loss and cost, which is
    instructions of `target` (a core or a board) with kernels for the aim `optimize`, else multiply-accumulates. With
    float32 samples `x` (N, …) the weights that stay are fitted to the float layers' results; importances "taylor" (with
    classes `y`) and "activation" need them too.
    """
    from edgeml.targets.boards import resolve_target

    machine = resolve_target(target)[0].machine if target else None
    config = SparsifyConfig(
        parse_structure(pattern), scope, importance, tuple(dense), machine=machine, optimize=check_aim(optimize)
    )
    return sparsify(load(model), sparsity, config, x, y).graph


def quantize(
    model: Any,
    x: Array,
    recipe: Recipe | None = None,
    numerics: Numerics | str | None = None,
    requantize: bool = False,
) -> QuantizeResult:
    """The int8 graph of a float `model`, calibrated on float32 samples `x` (N, …), with SQNR per layer.

    `numerics` is "litert" (LiteRT and ONNX Runtime) or "tflm" (TensorFlow Lite Micro and CMSIS-NN); the graph keeps it.
    A uint8 file is quantised again from its real values; an int8 file only when `requantize` is true.
    """
    graph = load(model)
    if must_be_real(graph, requantize):
        graph = load(model, real=True)
    return quantize_graph(with_numerics(graph, numerics), x, recipe)


def quantize_aware(
    model: Any,
    x: Array,
    y: Array | None = None,
    recipe: Recipe | None = None,
    config: AwareConfig | None = None,
    numerics: Numerics | str | None = None,
    calibration: int = 500,
    seed: int = 0,
) -> AwareResult:
    """Quantise a float `model` and train it on while it computes as its int8 graph does (needs JAX).

    x (N, …) are float32 training samples, y (N,) their classes; without y the float model's own answers are learned.
    The model is any that `load` takes, such as a Keras model, with one input and one row of classes. `calibration`
    samples choose the first ranges. The result before training is returned where training did not make the loss on
    held-out samples smaller.
    """
    x = np.asarray(x, np.float32)
    start = quantize(model, x[:: max(1, len(x) // calibration)][:calibration], recipe, numerics)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "checkpoint.npz"
        return train_quantized(start, x, y, recipe, config, checkpoint=checkpoint, seed=seed)


def quantize_to_budget(
    model: Any,
    x: Array,
    held_out: tuple[Array, Array | None],
    max_drop: float,
    target: str = "cortex-m4",
    max_flash: int | None = None,
    max_ram: int | None = None,
    max_latency: float | None = None,
    cheapest: str = "instructions",
    recipe: Recipe | None = None,
    optimize: Optimize = "balanced",
    toolchain: str = "zig",
    memo: str | Path | None = None,
) -> Budgeted:
    """The cheapest int8 form of a float `model` on `target` (a core or a board) that keeps to a budget.

    Calibrated on `x` (N, …); `held_out` are other samples and their labels (None: what changes is lost), on which at
    most `max_drop` points of accuracy (or AUC, or percent of an RMSE) may be lost. Limits are bytes and milliseconds.
    Layers get 4-bit weights where that saves what `cheapest` says ("instructions", then bytes, or "bytes"), or where
    flash is short. `memo` is a file that keeps what was measured. `fits` of the result says whether it is within the
    budget; else it is the nearest miss.
    """
    from edgeml.search import Limits
    from edgeml.search import quantize_to_budget as search
    from edgeml.search.cost import pricing
    from edgeml.search.order import check_cheapest

    return search(
        load(model),
        x,
        *held_out,
        Limits(max_drop, max_flash, max_ram, max_latency),
        target,
        recipe=recipe,
        prices=pricing(target, check_aim(optimize)),
        cheapest=check_cheapest(cheapest),
        toolchain=toolchain,
        memo=None if memo is None else Path(memo),
    )


def compile(
    model: Any,
    folder: str | Path,
    formats: Sequence[str] = FORMATS,
    io: IO = "int8",
    numerics: Numerics | str | None = None,
    target: str | None = None,
    optimize: Optimize = "balanced",
    keep_input: bool = False,
    onnx_int16: Int16Form = "integer",
) -> tuple[Path, ...]:
    """Write `model` as LiteRT, ONNX and C into `folder`; returns the paths written.

    `numerics` says whose int8 arithmetic the C library computes, "litert" or "tflm"; the other files are the same.
    `target`, a core or a board, and `optimize` ("speed", "size", "ram", "balanced") choose the C library's kernels;
    without a target they are portable C. Inputs lie in the library's arena, where a run overwrites them; with
    `keep_input` they stay in the caller's memory as they are. `onnx_int16` writes operators with int16 activations in
    "integer" arithmetic, or as "qdq" for tools that read QuantizeLinear and DequantizeLinear.
    """
    from edgeml.targets.boards import resolve_target

    machine = resolve_target(target)[0].machine if target else PORTABLE
    graph = with_numerics(canonicalize(load(model)), numerics)
    return compile_graph(
        graph,
        Path(folder),
        formats,
        io,
        machine=machine,
        optimize=optimize,
        keep_input=keep_input,
        onnx_int16=onnx_int16,
    )


def validate(
    model: Any,
    x: Array | None = None,
    y: Array | None = None,
    targets: Sequence[str] = (),
    toolchain: str = "zig",
    resolver: str = "default",
    samples: int = 100,
    seed: int = 0,
    numerics: Numerics | str | None = None,
    optimize: Optimize = "balanced",
) -> Validation:
    """Run `model` (path, Keras model or Graph) everywhere on the same samples and compare every pair of runtimes.

    `x` (N, …) holds the model's own codes or float32 reals, `y` (N,) labels; without `x` there are `samples` random
    ones. `targets` as in `bench`; none means the runtimes of this machine and cortex-m4 where it can be emulated.
    `numerics` and `optimize` as in `compile`.
    """
    from edgeml.validate.run import validate_graph
    from edgeml.validate.runners import choose_targets
    from edgeml.validate.samples import array_samples, random_samples

    graph = with_numerics(canonicalize(load(model)), numerics)
    inputs = random_samples(graph, samples, seed) if x is None else array_samples(graph, x, y)
    path = Path(model) if isinstance(model, str | Path) else None
    chosen = choose_targets(targets, toolchain, graph.numerics)
    return validate_graph(
        graph, inputs, chosen, path=path, toolchain=toolchain, resolver=resolver, optimize=check_aim(optimize)
    )


def bench(
    models: Mapping[str, Any],
    x: Array,
    y: Array | None = None,
    targets: Sequence[str] = CPU_TARGETS,
    toolchain: str = "zig",
    samples: int = 100,
    name: str = "model",
    numerics: Numerics | str | None = None,
    optimize: Optimize = "balanced",
) -> BenchFile:
    """Measure variants of one model (names to paths or Graphs) on float32 samples `x` (N, …), labels `y` (N,).

    Float labels (N,) or (N, outputs) are values: RMSE, MAE and R² are measured; 0 and 1 for a model that gives back its
    input are anomalies: AUC.

    `targets` are litert, onnxruntime, host, cores and boards; emulated ones run the first `samples`. A float32 variant
    is what the others are compared with; `numerics` and `optimize` are those of `compile`. Raises DataError, UsageError
    or TargetError.
    """
    from edgeml.bench.runner import run_bench
    from edgeml.pipeline.artifacts import make_variant

    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        variants = tuple(
            make_variant(variant, with_numerics(canonicalize(load(model)), numerics), Path(folder) / str(i))
            for i, (variant, model) in enumerate(models.items())
        )
        aim = check_aim(optimize)
        return run_bench(BenchInput(name, variants, x, y, tuple(targets), toolchain, samples, quiet=True, optimize=aim))


def report(bench: BenchFile, path: str | Path) -> Path:
    """Write records as one self-contained HTML page."""
    from edgeml.files import write_text
    from edgeml.report.html import render

    return write_text(Path(path), render(bench))
