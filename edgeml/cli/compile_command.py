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
    Optimize,
    Output,
    Quiet,
    Size,
    TrustPickle,
    Verbose,
    check_io,
    check_optimize,
    load_model,
)

_NAMES = {"litert": "LiteRT file", "onnx": "ONNX file", "c": "C library"}


def compile_model(
    model: Model,
    output: Output = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="litert, onnx or c; repeatable; all that fit when absent."),
    ] = None,
    io: Annotated[str, typer.Option("--io", help="Boundary type of LiteRT and ONNX: int8 or float32.")] = "int8",
    target: Annotated[
        str,
        typer.Option("--target", help="Core, board or host whose kernels the C library gets; portable C when absent."),
    ] = "",
    optimize: Optimize = "balanced",
    keep_input: Annotated[
        bool,
        typer.Option("--keep-input", help="The C library leaves its input as it is, in memory outside its arena."),
    ] = False,
    onnx_int16: Annotated[
        str,
        typer.Option(
            "--onnx-int16",
            help="int16 activations in ONNX: integer (the same bits everywhere), or qdq for tools that read it.",
        ),
    ] = "integer",
    numerics: Numerics = "litert",
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write a model as LiteRT, ONNX and a C library.

    Without --format, a format that cannot hold the model is left out with a note that says why.

    Example: edgeml compile model.tflite -o build/model --format c --target cortex-m4
    """
    from edgeml.backends.c99.selection import PORTABLE
    from edgeml.backends.onnx.forms import check_int16_form
    from edgeml.passes import canonicalize, with_numerics
    from edgeml.pipeline import compile_graph, compile_possible
    from edgeml.targets.boards import resolve_target

    check_io(io)
    aim, int16_form = check_optimize(optimize), check_int16_form(onnx_int16)
    machine = resolve_target(target)[0].machine if target else PORTABLE
    folder = output or Path("build") / model.stem
    graph = with_numerics(canonicalize(load_model(model, bind, size, input_layout, trust_pickle)), numerics)
    if formats:
        paths = compile_graph(
            graph,
            folder,
            formats,
            io,  # type: ignore[arg-type]
            machine=machine,
            optimize=aim,
            keep_input=keep_input,
            onnx_int16=int16_form,
        )
    else:
        exports = compile_possible(graph, folder, io, machine, aim, keep_input, int16_form)  # type: ignore[arg-type]
        paths = exports.paths
        for form, reason in exports.missing.items():
            typer.echo(f"note: no {_NAMES[form]} was written: {reason}", err=True)
    for path in paths:
        typer.echo(f"wrote {path}")
