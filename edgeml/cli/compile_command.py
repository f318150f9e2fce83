"""`edgeml compile`: one graph, many exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import (
    Bind,
    InputLayout,
    Model,
    Numerics,
    Output,
    Quiet,
    Size,
    TrustPickle,
    Verbose,
    load_model,
)


def compile_model(
    model: Model,
    output: Output = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="litert, onnx or c; repeatable; all when absent.")
    ] = None,
    io: Annotated[str, typer.Option("--io", help="Boundary type of LiteRT and ONNX: int8 or float32.")] = "int8",
    numerics: Numerics = "litert",
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write a model as LiteRT, ONNX and a C library.

    Example: edgeml compile model.tflite -o build/model --format c
    """
    from edgeml.passes import canonicalize, with_numerics
    from edgeml.pipeline import FORMATS, compile_graph

    folder = output or Path("build") / model.stem
    graph = with_numerics(canonicalize(load_model(model, bind, size, input_layout, trust_pickle)), numerics)
    for path in compile_graph(graph, folder, tuple(formats or FORMATS), io):  # type: ignore[arg-type]
        typer.echo(f"wrote {path}")
