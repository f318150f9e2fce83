"""`edgeml report`: records to a table and an HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import Output, Quiet, Verbose


def report(
    records: Annotated[Path, typer.Argument(help="Records of `edgeml bench --json`.", show_default=False)],
    output: Output = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Show records as a table, and write them as one self-contained HTML page with -o.

    Example: edgeml report records.json -o report.html
    """
    from edgeml.bench.record import read
    from edgeml.report.terminal import print_summary

    bench = read(records)
    if output is None:
        print_summary(bench)
        return
    from edgeml.files import write_text
    from edgeml.report.html import render

    typer.echo(f"wrote {write_text(output, render(bench))}")
