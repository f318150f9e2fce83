"""`edgeml inspect`: what a model file or a compiled library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgeml.cli.common import (
    Bind,
    InputLayout,
    Model,
    Size,
    TrustPickle,
    Verbose,
    check_toolchain,
    load_model,
)

if TYPE_CHECKING:
    from edgeml.inspection import ModelSummary, TensorSummary

_NAME_WIDTH = 48


def inspect(
    model: Model,
    toolchain: Annotated[
        str,
        typer.Option("--toolchain", help="Compiler that links a compiled library to measure it: gcc or zig."),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
) -> None:
    """Show the layers of a model with shapes, types, quantisation, MACs and parameters.

    Of a folder of `edgeml compile`: the kernels with their estimated costs and why they were chosen, the arena over
    time with its lower bound, and the flash, functions and worst-case stack of a linked image.

    Example: edgeml inspect model.tflite

    Example: edgeml inspect build/model
    """
    from edgeml.cli.printing import print_json
    from edgeml.inspection import find_compiled, summarize
    from edgeml.inspection.preprocessing import misplaced_rescaling

    folder = find_compiled(model)
    if folder is not None:
        from edgeml.cli.inspect_compiled import inspect_compiled

        inspect_compiled(folder, check_toolchain(toolchain) if toolchain else "", json)
        return
    graph = load_model(model, bind, size, input_layout, trust_pickle)
    warning = misplaced_rescaling(graph)
    if warning:
        typer.echo(f"warning: {warning}", err=True)
    summary = summarize(graph)
    if json:
        print_json(summary)
    else:
        _print(summary)


def _print(summary: ModelSummary) -> None:
    from edgeml.cli.printing import add_row, console, plain_table

    table = plain_table(
        "#",
        "layer",
        "operator",
        "output",
        "type",
        "scale, zero point",
        "MACs",
        "parameters",
        "bytes",
        right=(0, 6, 7, 8),
    )
    for node in summary.nodes:
        out = node.outputs[0]
        add_row(
            table,
            str(node.index),
            _short(node.name),
            node.op,
            "x".join(map(str, out.shape)),
            f"{out.dtype}, int4 weights" if node.weight_bits == 4 else out.dtype,
            out.quantization,
            f"{node.macs:,}",
            f"{node.parameters:,}",
            f"{node.nbytes:,}",
        )
    out_console = console()
    out_console.print(f"model {summary.name}", markup=False, highlight=False)
    for kind, tensors in (("input ", summary.inputs), ("output", summary.outputs), ("state ", summary.states)):
        for tensor in tensors:
            out_console.print(f"  {kind} {_line(tensor)}", markup=False, highlight=False)
    if summary.labels:
        out_console.print(f"  labels {', '.join(summary.labels)}", markup=False, highlight=False)
    out_console.print(table)
    out_console.print(
        f"{len(summary.nodes)} layers, {summary.macs:,} MACs, {summary.parameters:,} parameters in "
        f"{summary.parameter_bytes:,} bytes, largest activation {summary.largest_activation_bytes:,} bytes",
        markup=False,
        highlight=False,
    )
    read = sum(node.op == "transpose" for node in summary.nodes)
    if read:
        out_console.print(
            f"{read} transposes in the model, {summary.transposes} left when it is compiled", highlight=False
        )


def _short(name: str) -> str:
    """The end of a long name: converters join the names of all fused layers, the last is the most telling."""
    return name if len(name) <= _NAME_WIDTH else f"…{name[1 - _NAME_WIDTH :]}"


def _line(tensor: TensorSummary) -> str:
    text = f"{tensor.name}: {tensor.dtype}[{','.join(map(str, tensor.shape))}]"
    return f"{text}, scale and zero point {tensor.quantization}" if tensor.quantization else text
