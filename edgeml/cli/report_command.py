"""`edgeml report`: records to a table and an HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import Output, Quiet, Verbose


def report(
    records: Annotated[Path, typer.Argument(help="Records of `edgeml bench --json`.", show_default=False)],
    output: Output = None,
    layers: Annotated[bool, typer.Option("--layers", help="Show what every layer costs on emulated cores.")] = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="Earlier records: show what changed, a layer at a time.", show_default=False),
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Show records as a table, and write them as one self-contained HTML page with -o.

    Example: edgeml report records.json -o report.html

    Example: edgeml report records.json --compare earlier.json
    """
    from edgeml.bench.record import read
    from edgeml.report.comparison import print_comparison
    from edgeml.report.terminal import print_layers, print_summary

    bench = read(records)
    earlier = None if compare is None else read(compare)
    if output is None:
        print_summary(bench)
    if layers:
        print_layers(bench)
    if earlier is not None:
        print_comparison(earlier, bench)
    if output is None:
        return
    from edgeml.files import write_text
    from edgeml.report.html import render

    typer.echo(f"wrote {write_text(output, render(bench))}")
