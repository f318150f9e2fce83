"""`edgeml prune`: zero weights of a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import (
    Bind,
    Data,
    InputLayout,
    Model,
    Optimize,
    Output,
    Quiet,
    Samples,
    Scale,
    Seed,
    Size,
    TrustPickle,
    Verbose,
    check_optimize,
    check_tflite,
    load_model,
)


def prune(
    model: Model,
    sparsity: Annotated[
        float | None,
        typer.Option(
            "--sparsity", help="Share of weights to zero, 0 <= s < 1; 0.5, or what N:M fixes.", show_default=False
        ),
    ] = None,
    pattern: Annotated[
        str,
        typer.Option(
            "--pattern",
            help="element, N:M (2:4), block:OxI (output channels x inputs: block:1x4), channel (layers keep fours) or "
            "channel:M (multiples of M).",
        ),
    ] = "element",
    scope: Annotated[
        str, typer.Option("--scope", help="layer: each layer alike; global: all ranked together.")
    ] = "global",
    importance: Annotated[
        str,
        typer.Option(
            "--importance",
            help="l1: magnitude; taylor: change of the loss (labels, JAX); activation: magnitude times input.",
        ),
    ] = "l1",
    dense: Annotated[
        list[str] | None, typer.Option("--dense", help="A layer that stays whole; repeatable.", show_default=False)
    ] = None,
    data: Data = None,
    samples: Samples = 256,
    scale: Scale = 1,
    repair: Annotated[
        bool, typer.Option(help="Fit the weights that stay to the float layer's results, where held-out samples gain.")
    ] = True,
    epochs: Annotated[
        int, typer.Option("--epochs", min=0, help="Train the pruned model on, taught by the dense one (needs JAX).")
    ] = 0,
    max_drop: Annotated[
        float | None,
        typer.Option("--max-drop", help="Instead of --sparsity: points of accuracy it may cost.", show_default=False),
    ] = None,
    max_instructions: Annotated[
        int | None,
        typer.Option(
            "--max-instructions", min=1, help="Instead of --sparsity: estimate for --target.", show_default=False
        ),
    ] = None,
    max_flash: Annotated[
        int | None,
        typer.Option(
            "--max-flash", min=1, help="Instead of --sparsity: bytes of constants on --target.", show_default=False
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="Core or board: of a budget (without: cortex-m4), and whose instructions price channels instead of "
            "multiply-accumulates.",
            show_default=False,
        ),
    ] = None,
    optimize: Optimize = "balanced",
    output: Output = None,
    seed: Seed = 0,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Zero weights of a float model and write it as .tflite; with data the weights that stay are fitted anew.

    Example: edgeml prune model_float32.tflite --sparsity 0.5 -o pruned.tflite

    Training samples calibrate and repair, others of them judge --max-drop; test samples only tell the accuracy.

    Example: edgeml prune model_float32.tflite --data mnist --pattern block:1x4 --max-drop 0.3
    """
    from edgeml.backends import litert
    from edgeml.cli.prune_printing import channels_line, print_layers, probe_lines, repair_lines
    from edgeml.cli.prune_samples import prune_samples
    from edgeml.cli.prune_tuning import tune_on
    from edgeml.errors import UsageError
    from edgeml.files import write_bytes
    from edgeml.pipeline.prune import Budget, compare, prune_to_budget, prune_to_drop
    from edgeml.prune.channels.choice import Channel
    from edgeml.prune.patterns import KeepOf
    from edgeml.report.format import accuracy_line
    from edgeml.sparsify.sparsify import Sparsifier, SparsifyConfig, parse_structure
    from edgeml.targets.boards import resolve_target

    path = check_tflite(output or Path(f"{model.stem}_pruned.tflite"))
    units = parse_structure(pattern)
    budgeted = max_instructions is not None or max_flash is not None
    if (sparsity is not None) + (max_drop is not None) + budgeted > 1:
        raise UsageError("prune takes one target: --sparsity, --max-drop, or --max-instructions with --max-flash.")
    if data is None and (max_drop is not None or budgeted or epochs):
        raise UsageError("a target or --epochs needs samples. Give --data with a data set's name, a folder or an .npz.")
    machine, aim = resolve_target(target)[0].machine if target else None, check_optimize(optimize)
    config = SparsifyConfig(units, scope, importance, tuple(dense or ()), repair, machine, aim)  # type: ignore[arg-type]
    budget = Budget(machine or resolve_target("cortex-m4")[0].machine, max_instructions, max_flash, aim)
    graph = load_model(model, bind, size, input_layout, trust_pickle)
    given = prune_samples(data, samples, scale, seed, quiet, graph) if data is not None else None
    pruner = Sparsifier(graph, config, *((given.x, given.y) if given is not None else ()))
    if given is not None and (max_drop is not None or budgeted):
        found = (
            prune_to_drop(pruner, max_drop, given.judge_x, given.judge_y)
            if max_drop is not None
            else prune_to_budget(pruner, budget)
        )
        pruned = found.pruned
        for line in probe_lines(found):
            typer.echo(line)
    else:
        if sparsity is None:
            sparsity = units.densest if isinstance(units, KeepOf) else 0.5
        pruned = pruner.prune(sparsity)
    tuned = pruned.graph
    if epochs:
        tuned, told = tune_on(pruner.graph, tuned, given, epochs, path, seed, quiet)
        for line in told:
            typer.echo(line)
    written = write_bytes(path, litert.emit(tuned))
    print_layers(tuned, pruner.graph)
    if isinstance(units, Channel):
        typer.echo(channels_line(tuned, pruner.graph))
    for line in repair_lines(pruned):
        typer.echo(line)
    if given is not None and given.measurable(pruner.graph):
        reached = compare(pruner.graph, tuned, given.test_x, given.test_y)
        typer.echo(accuracy_line("on test samples", reached, "dense"))
    typer.echo(f"wrote {written}")
