"""`edgeml prune`: zero the small weights of a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import (
    Bind,
    InputLayout,
    Model,
    Output,
    Quiet,
    Size,
    TrustPickle,
    Verbose,
    check_tflite,
    load_model,
)


def prune(
    model: Model,
    sparsity: Annotated[float, typer.Option("--sparsity", help="Share of weights to zero, 0 <= s < 1.")] = 0.5,
    scope: Annotated[
        str, typer.Option("--scope", help="layer: each layer alike; global: all ranked together.")
    ] = "global",
    output: Output = None,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Zero the weights nearest zero, without training data, and write the pruned float model.

    Example: edgeml prune model_float32.tflite --sparsity 0.5 -o pruned.tflite
    """
    from edgeml.backends import litert
    from edgeml.cli.printing import add_row, console, plain_table
    from edgeml.files import write_bytes
    from edgeml.prune.graph import prune_graph
    from edgeml.prune.sparsity import layer_sparsity

    target = check_tflite(output or Path(f"{model.stem}_pruned.tflite"))
    pruned = prune_graph(load_model(model, bind, size, input_layout, trust_pickle), sparsity, scope)  # type: ignore[arg-type]
    path = write_bytes(target, litert.emit(pruned))
    columns = ("layer", "operator", "zeros", "of", "sparsity", "bytes", "compressed")
    table = plain_table(*columns, right=(2, 3, 4, 5, 6))
    for row in layer_sparsity(pruned):
        add_row(
            table,
            row.name,
            row.op,
            f"{row.zeros:,}",
            f"{row.total:,}",
            f"{row.sparsity:.1%}",
            f"{row.nbytes:,}",
            f"{row.compressed:,}",
        )
    console().print(table)
    typer.echo(f"wrote {path}")
