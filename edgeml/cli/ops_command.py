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

    rows = support.support_rows()
    if json:
        print_json(rows)
        return
    if markdown:
        typer.echo(support.markdown(), nl=False)
        return
    table = plain_table(
        "operator", "types", "LiteRT", "ONNX", "int8 against LiteRT", "int8 in ONNX Runtime", "constraints"
    )
    for row in rows:
        add_row(
            table,
            row.op,
            ", ".join(row.dtypes),
            row.litert,
            row.onnx,
            row.litert_bound,
            row.onnx_bound,
            "; ".join(row.constraints),
        )
    console().print(table)
