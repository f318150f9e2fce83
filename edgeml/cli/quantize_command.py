"""`edgeml quantize`: a float model file and calibration data to int8."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.aware_training import Distill, Epochs, Ranges, Rate
from edgeml.cli.common import (
    Bind,
    Data,
    InputLayout,
    Model,
    Numerics,
    Optimize,
    Output,
    Quiet,
    Samples,
    Scale,
    Seed,
    Size,
    Toolchain,
    TrustPickle,
    Verbose,
    check_io,
    check_tflite,
    load_model,
)


def quantize(
    model: Model,
    data: Data = None,
    samples: Samples = 500,
    scale: Scale = 1,
    observer: Annotated[
        str,
        typer.Option(
            "--observer", help="Ranges of activations: mse (least squared error), minmax, percentile or entropy."
        ),
    ] = "mse",
    percentile: Annotated[float, typer.Option("--percentile", help="Percent of values inside the range.")] = 99.99,
    bias_correction: Annotated[
        bool, typer.Option(help="Take back the mean error of rounding, where held-out samples gain by it.")
    ] = True,
    pool_scale: Annotated[
        bool, typer.Option(help="Give global average pools their own scale, where held-out samples gain by it.")
    ] = True,
    bias_method: Annotated[
        str, typer.Option("--bias-method", help="Where the correction comes from: empirical or analytic.")
    ] = "empirical",
    equalize: Annotated[
        bool, typer.Option("--equalize", help="Try cross-layer equalisation; kept where held-out samples gain by it.")
    ] = False,
    exact_scales: Annotated[
        bool,
        typer.Option(help="Move scales a little, so that integers requantise exactly and sums round alike."),
    ] = True,
    rounding: Annotated[
        str,
        typer.Option("--rounding", help="Weights of a layer together (learned), or each to the nearest (nearest)."),
    ] = "learned",
    plain: Annotated[
        bool, typer.Option("--plain", help="No repair at all: minmax, nearest, biases and pools as they are.")
    ] = False,
    weight_bits: Annotated[
        int, typer.Option("--weight-bits", min=2, max=8, help="Bits of all weights but the first and last layer's.")
    ] = 8,
    activations: Annotated[
        str, typer.Option("--activations", help="int8, or int16 (with int8 weights) for all layers.")
    ] = "int8",
    int16: Annotated[
        list[str] | None,
        typer.Option("--int16", help="Name of a layer with int16 activations; repeatable.", show_default=False),
    ] = None,
    qat: Epochs = 0,
    qat_rate: Rate = 1e-4,
    distill: Distill = 0.5,
    ranges: Ranges = "learned",
    io: Annotated[str, typer.Option("--io", help="Boundary type: int8 or float32.")] = "int8",
    numerics: Numerics = "litert",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which layers cost accuracy, why, and which samples change.")
    ] = False,
    explain_samples: Annotated[
        int, typer.Option("--explain-samples", min=1, help="Test samples that --explain uses.")
    ] = 200,
    explain_layers: Annotated[
        str | None,
        typer.Option(
            "--explain-layers",
            help="Layers that --explain restores, the costliest first: a number or all; up to 12.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", help="Write what --explain found; `edgeml report` shows it.", show_default=False),
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            "--max-drop",
            help="Search for the cheapest recipe that loses at most so many points on held-out samples.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Core or board of the search.", show_default="cortex-m4")
    ] = None,
    max_flash: Annotated[
        str | None,
        typer.Option("--max-flash", help="Bytes, or 64K; else what the board has.", show_default=False),
    ] = None,
    max_ram: Annotated[
        str | None, typer.Option("--max-ram", help="Bytes, or 16K; else what the board has.", show_default=False)
    ] = None,
    max_latency: Annotated[
        float | None, typer.Option("--max-latency", help="Modelled milliseconds on the board.", show_default=False)
    ] = None,
    cheapest: Annotated[
        str, typer.Option("--cheapest", help="What the search saves first: instructions or bytes.")
    ] = "instructions",
    optimize: Optimize = "balanced",
    toolchain: Toolchain = "zig",
    held_out: Annotated[
        int, typer.Option("--held-out", min=1, help="Training samples that only judge the search.")
    ] = 1000,
    held_out_data: Annotated[
        str | None,
        typer.Option("--held-out-data", help="A data set whose samples judge instead.", show_default=False),
    ] = None,
    output: Output = None,
    requantize: Annotated[
        bool, typer.Option("--requantize", help="Quantise an int8 model again, from its real values.")
    ] = False,
    seed: Seed = 0,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Quantise a float32 model to int8 and show the signal-to-quantisation-noise ratio of every layer.

    Example: edgeml quantize model_float32.tflite --data mnist --samples 500 -o model.tflite

    --explain rounds every layer alone, and restores the costliest to float32 one at a time, on test samples.

    Example: edgeml quantize model_float32.tflite --data mnist --explain --json why.json

    --qat goes on training the model while it computes as its int8 graph does; kept where held-out samples gain by it.

    Example: edgeml quantize model_float32.tflite --data mnist --qat 3

    --max-drop searches layer by layer for the cheapest recipe that keeps the accuracy and fits --target and limits;
    exit code 1, with the nearest miss, where none does. What it measured stays beside the output: Ctrl-C loses nothing.

    Example: edgeml quantize model_float32.tflite --data mnist --max-drop 0.3 --target nucleo-l4r5zi --max-flash 32K
    """
    from edgeml.backends import litert
    from edgeml.bench.environment import environment
    from edgeml.bench.record import BenchFile, save
    from edgeml.cli.aware_training import train_on
    from edgeml.cli.budget import BudgetOptions, limits_of, search
    from edgeml.cli.common import calibration_samples, evaluation_samples, scaled, test_accuracy
    from edgeml.cli.explain_printing import print_explanation, restored_layers
    from edgeml.cli.printing import add_row, console, plain_table
    from edgeml.cli.quantize_printing import repair_lines
    from edgeml.errors import UsageError
    from edgeml.explain import explain as explain_loss
    from edgeml.files import write_bytes
    from edgeml.finetune import AwareConfig
    from edgeml.passes import with_numerics
    from edgeml.quantize import Recipe, must_be_real
    from edgeml.quantize import quantize as run
    from edgeml.quantize.quantizer import inner_bits
    from edgeml.quantize.scale_check import better_scale
    from edgeml.report.format import accuracy_line

    if data is None:
        raise UsageError("quantize needs calibration data. Give --data with a data set's name, a folder or an .npz.")
    if json is not None and not explain and max_drop is None:
        raise UsageError("quantize --json writes what --explain or --max-drop found. Give --explain too.")
    options = None
    if max_drop is not None and qat:
        raise UsageError("--qat trains one recipe on, --max-drop chooses between many. Give one of them.")
    if max_drop is not None:
        options = BudgetOptions(
            max_drop, target, max_flash, max_ram, max_latency, cheapest, optimize, toolchain, held_out, held_out_data
        )
        limits_of(options)
    elif any(v is not None for v in (target, max_flash, max_ram, max_latency, held_out_data)):
        raise UsageError("--target, --max-flash, --max-ram, --max-latency and --held-out-data need --max-drop.")
    restored = restored_layers(explain_layers)
    check_io(io)
    destination = check_tflite(output or Path(f"{model.stem}_int8.tflite"))
    recipe = Recipe(
        rounding=rounding,  # type: ignore[arg-type]
        observer=observer,  # type: ignore[arg-type]
        percentile=percentile,
        bias_correction=bias_correction,
        pool_scale=pool_scale,
        bias_method=bias_method,  # type: ignore[arg-type]
        equalize=equalize,
        exact_scales=exact_scales,
        activations=activations,  # type: ignore[arg-type]
        activation_bits=dict.fromkeys(int16 or (), 16),
    )
    recipe = recipe.without_repairs() if plain else recipe
    if recipe.has_int16 and (qat or numerics != "litert"):
        raise UsageError("int16 activations need litert numerics and no --qat. Leave those out.")
    config = AwareConfig(qat, rate=qat_rate, distill=distill, ranges=ranges) if qat else None  # type: ignore[arg-type]
    graph = load_model(model, bind, size, input_layout, trust_pickle)
    # uint8 models become symmetric; an int8 model only loses by it
    if must_be_real(graph, requantize):
        graph = load_model(model, bind, size, input_layout, trust_pickle, real=True)
    graph = with_numerics(graph, numerics)
    recipe = replace(recipe, weight_bits=inner_bits(graph, weight_bits))
    x, y = calibration_samples(data, samples, seed, quiet, graph)
    x = scaled(x, scale)
    other = better_scale(graph, x, y)
    if other is not None:
        factor, given, best = other
        typer.echo(
            f"warning: the float model is right on {given:.0%} of the calibration samples as they are, on {best:.0%} "
            f"of them times {factor:.4g}. It was probably trained on pixels of another range: give --scale "
            f"{scale * factor:.4g}.",
            err=True,
        )
    record, told = None, ""
    if options is not None:
        result, record = search(options, graph, recipe, data, samples, scale, seed, destination, quiet)
    else:
        result = run(graph, x, recipe)
    if config is not None:
        everything, classes = calibration_samples(data, sys.maxsize, seed, quiet, graph)
        samples_all = (scaled(everything, scale), classes)
        result = train_on(result, samples_all, recipe, config, output=destination, seed=seed, quiet=quiet)
        told = accuracy_line("on test samples", test_accuracy(result, data, scale, seed, quiet))
    if explain:
        tests, truth, labels = evaluation_samples(data, explain_samples, seed, quiet, graph)
        found = explain_loss(result, scaled(tests, scale), truth, labels, restored)
        record = found if record is None else replace(record, explanation=found.explanation)
        print_explanation(found, every_layer=verbose)
    path = write_bytes(destination, litert.emit(result.graph, io=io))  # type: ignore[arg-type]
    if not explain:
        table = plain_table("layer", "operator", "SQNR dB", right=(2,))
        for layer in result.layers:
            add_row(table, layer.name, layer.op, f"{layer.sqnr_db:.1f}")
        console().print(table)
    for line in repair_lines(result.repairs):
        typer.echo(line)
    if told:
        typer.echo(told)
    for name, reason in result.kept_float.items():
        typer.echo(f"note: '{name}' stays float32: {reason}", err=True)
    if record is not None and json is not None:
        typer.echo(f"wrote {save(json, BenchFile(environment(), (record,)))}")
    typer.echo(f"wrote {path} ({result.samples} calibration samples)")
