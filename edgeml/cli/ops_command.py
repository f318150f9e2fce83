"""`edgeml ops`: what can be computed, and how it is spelled everywhere."""

from __future__ import annotations

from typing import Annotated

import typer


def ops(
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
) -> None:
    """List the operators with their spelling in each format, types, constraints and exactness.

    Example: edgeml ops
    """
    from edgeml import support
    from edgeml.cli.printing import add_row, console, plain_table, print_json

    if json:
        print_json(support.support())
        return
    if markdown:
        typer.echo(support.markdown(), nl=False)
        return
    table = plain_table(
        "operator", "types", "LiteRT", "ONNX", "int8 = LiteRT", "int8 = ONNX Runtime", "int8 = TFLM", "constraints"
    )
    for row in support.support_rows():
        add_row(
            table,
            row.op,
            ", ".join(row.dtypes),
            row.litert,
            row.onnx,
            row.litert_bound,
            row.onnx_bound,
            row.tflm_bound,
            "; ".join(row.constraints),
        )
    out = console()
    out.print(table)
    rewrites = plain_table("LiteRT builtin", "read as")
    for read in support.litert_rewrites():
        add_row(rewrites, read.name, read.how)
    out.print(rewrites)
    out.print(f"ONNX op types that are read: {', '.join(support.onnx_read())}", markup=False, highlight=False)
