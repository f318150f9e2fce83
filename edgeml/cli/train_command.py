"""`edgeml train`: train a zoo model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import Backbone, Data, Output, Quiet, Seed, Verbose


def train(
    name: Annotated[str, typer.Argument(help="A model of models/.", show_default=False)],
    data: Data = None,
    backbone: Backbone = None,
    output: Output = None,
    seed: Seed = 0,
    force: Annotated[bool, typer.Option("--force", help="Train again although nothing changed.")] = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Train a zoo model and leave its float32 .tflite.

    Example: edgeml train mnist_cnn
    """
    from edgeml.cli.common import say
    from edgeml.pipeline.build import BuildOptions, train_model
    from edgeml.report.format import accuracy_line

    options = BuildOptions(
        data=data,
        backbone=backbone,
        output=output or Path("build") / name,
        seed=seed,
        force=force,
        quiet=quiet,
        tell=say,
    )
    trained = train_model(name, options)
    typer.echo(accuracy_line("float32 on the test samples", trained.accuracy))
    typer.echo(f"wrote {trained.path} ({trained.parameters:,} parameters)")
