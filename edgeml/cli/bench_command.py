"""`edgeml bench`: models on targets: accuracy, agreement, latency, cost."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeml.cli.common import (
    Bind,
    Data,
    InputLayout,
    Json,
    Numerics,
    Optimize,
    Output,
    Quiet,
    Samples,
    Scale,
    Seed,
    Size,
    Targets,
    Toolchain,
    TrustPickle,
    Verbose,
    check_optimize,
    check_toolchain,
    load_data,
    load_model,
    scaled,
)

if TYPE_CHECKING:
    from edgeml.backends.c99.selection import Optimize as OptimizeName
    from edgeml.bench.record import BenchFile


def bench(
    models: Annotated[list[Path], typer.Argument(help="Model files, variants of one model.", show_default=False)],
    data: Data = None,
    target: Targets = None,
    toolchain: Toolchain = "zig",
    optimize: Optimize = "balanced",
    samples: Samples = 100,
    scale: Scale = 1,
    layers: Annotated[bool, typer.Option("--layers", help="Show what every layer costs on emulated cores.")] = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="Earlier records: show what changed, a layer at a time.", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Use only the first test samples.")] = None,
    numerics: Numerics = "litert",
    json: Json = None,
    output: Output = None,
    seed: Seed = 0,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Measure models on the whole test set: in LiteRT, ONNX Runtime, C on this machine, and on emulated cores.

    A float32 model among them is what the others are compared with. --samples counts the samples on emulated cores;
    --output writes the HTML report.

    Example: edgeml bench model_float32.tflite model.tflite --data mnist --target cortex-m4 --json records.json

    Example: edgeml bench model.tflite --data mnist --target cortex-m4 --layers --compare records.json
    """
    from edgeml.bench.boards import require_boards
    from edgeml.bench.record import read, save
    from edgeml.errors import TargetError, UsageError
    from edgeml.report.comparison import print_comparison
    from edgeml.report.terminal import print_layers, print_summary

    if data is None:
        raise UsageError("bench needs a test set. Give --data with a data set's name, a folder or an .npz.")
    check_toolchain(toolchain)
    aim = check_optimize(optimize)
    earlier = None if compare is None else read(compare)
    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        found = _measure(
            models,
            data,
            tuple(target or ()),
            toolchain,
            aim,
            samples,
            scale,
            limit,
            numerics,
            seed,
            quiet,
            Path(folder),
            (bind, size, input_layout, trust_pickle),
        )
    print_summary(found)
    if layers:
        print_layers(found)
    if earlier is not None:
        print_comparison(earlier, found)
    if json is not None:
        typer.echo(f"wrote {save(json, found)}")
    if output is not None:
        from edgeml.files import write_text
        from edgeml.report.html import render

        typer.echo(f"wrote {write_text(output, render(found))}")
    # what the user asked for by name and did not get is an error, after everything else was shown and written
    for record in found.records:
        if record.skipped and record.target in (target or ()):
            raise TargetError(f"{record.variant} on {record.target} was not measured: {record.skipped}")
    require_boards(found, found.records[-1].variant)


def _measure(
    models: list[Path],
    data: str,
    targets: tuple[str, ...],
    toolchain: str,
    optimize: OptimizeName,
    samples: int,
    scale: float,
    limit: int | None,
    numerics: str,
    seed: int,
    quiet: bool,
    folder: Path,
    reading: tuple[list[str] | None, list[str] | None, str, bool],
) -> BenchFile:
    from edgeml.bench.runner import run_bench
    from edgeml.bench.sessions import check_target, is_emulated
    from edgeml.bench.suite import ORACLES, BenchInput
    from edgeml.data import as_reals
    from edgeml.ir import DType
    from edgeml.passes import canonicalize, numerics_from, with_numerics
    from edgeml.pipeline.artifacts import make_variant

    for name in targets:
        check_target(name)
    # an emulated core alone says nothing about agreement: the CPU runtimes of the same numerics come along
    chosen = (*ORACLES[numerics_from(numerics)], *targets) if all(map(is_emulated, targets)) else targets
    graphs = {
        _variant_name(path, models): with_numerics(canonicalize(load_model(path, *reading)), numerics)
        for path in models
    }
    dataset = load_data(data, seed, quiet, next(iter(graphs.values())))
    variants = tuple(make_variant(name, graph, folder / str(i)) for i, (name, graph) in enumerate(graphs.items()))
    x, y = dataset.x_test[:limit], dataset.y_test[:limit]
    # int8 arrays are the codes of the int8 variants; the float variants take the reals these stand for
    inputs = [graph.input_tensors[0].type for graph in graphs.values()]
    type_ = next((t for t in inputs if t.dtype is DType.INT8), inputs[0])
    x = as_reals(x, dataset.stored, type_) if scale == 1 else scaled(x, scale)
    model = dataset.name if len(models) > 1 else models[0].stem
    names = tuple(dict.fromkeys(chosen))
    return run_bench(BenchInput(model, variants, x, y, names, toolchain, samples, quiet=quiet, optimize=optimize))


def _variant_name(path: Path, models: list[Path]) -> str:
    """The file's name, with its folder where two files have the same name."""
    same = [p for p in models if p.stem == path.stem]
    return path.stem if len(same) == 1 else f"{path.parent.name}/{path.stem}"
