"""`edgeml build`: a zoo model, the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import Backbone, Data, Optimize, Output, Quiet, Samples, Seed, Targets, Toolchain, Verbose


def build(
    name: Annotated[str, typer.Argument(help="A model of models/.", show_default=False)],
    target: Targets = None,
    toolchain: Toolchain = "zig",
    optimize: Optimize = "balanced",
    data: Data = None,
    backbone: Backbone = None,
    samples: Samples = 200,
    output: Output = None,
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Do every stage again.")] = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Train, prune, quantise, export, build the firmware, measure and report a zoo model.

    --samples counts the test samples that run on the emulated core; CPU runtimes run the whole test set.

    Example: edgeml build mnist_cnn --target cortex-m4
    """
    from edgeml.cli.common import check_optimize, check_toolchain, say
    from edgeml.pipeline.build import BuildOptions, build_model
    from edgeml.report.terminal import print_summary

    options = BuildOptions(
        targets=tuple(target or ("cortex-m4",)),
        toolchain=check_toolchain(toolchain),
        optimize=check_optimize(optimize),
        data=data,
        backbone=backbone,
        samples=samples,
        output=output or Path("build") / name,
        seed=seed,
        force=force,
        quiet=quiet,
        tell=say,
    )
    result = build_model(name, options)
    print_summary(result.bench)
    for path in result.files:
        typer.echo(f"wrote {path}")
