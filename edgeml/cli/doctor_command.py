"""`edgeml doctor`: what is here, what is missing, and for what; of a model, what stands in its way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.common import Data, Scale, TrustPickle, load_data, load_model, scaled


def doctor(
    model: Annotated[Path | None, typer.Argument(help="A model file to look at instead.", show_default=False)] = None,
    data: Data = None,
    scale: Scale = 1,
    trust_pickle: TrustPickle = False,
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Say which runtimes, compilers, emulators and packages are here, and how to get what is missing.

    Example: edgeml doctor

    With a model: whether it is read, whether its preprocessing stands where it belongs, what is quantised, which
    operators and formats do not go, and with --data whether the samples have its range. Exit code 1 with a warning.

    Example: edgeml doctor model_float32.tflite --data mnist
    """
    if model is not None:
        _look_at(model, data, scale, trust_pickle, json)
        return
    import platform

    from edgeml import __version__
    from edgeml.cli.printing import add_row, console, plain_table, print_json
    from edgeml.targets.availability import checks

    found = checks()
    if json:
        print_json([{**vars(c), "present": c.present} for c in found])
        return
    table = plain_table("", "kind", "what", "version", "needed to", "get it with")
    for c in found:
        remedy = "" if c.present else c.remedy
        mark = "ok" if c.present else "missing"
        add_row(table, mark, c.kind, c.name, c.version, c.purpose, remedy, marked=c.present)
    out = console()
    out.print(f"edgeml {__version__}, Python {platform.python_version()}, {platform.platform()}", highlight=False)
    out.print(table)
    missing = [c.name for c in found if not c.present]
    out.print("nothing is missing" if not missing else f"missing: {', '.join(missing)}", highlight=False)


def _look_at(path: Path, data: str | None, scale: float, trust_pickle: bool, json: bool) -> None:
    from edgeml.cli.printing import print_json
    from edgeml.data import as_reals
    from edgeml.inspection.checkup import checkup

    graph = load_model(path, trust_pickle=trust_pickle)
    x, y = None, None
    if data is not None and graph.inputs:
        found = load_data(data, 0, True, graph)
        type_ = graph.input_tensors[0].type
        x = as_reals(found.x_train, found.stored, type_) if scale == 1 else scaled(found.x_train, scale)
        y = found.y_train
    findings = checkup(graph, x, y)
    if json:
        print_json(findings)
    else:
        typer.echo(f"ok       reading: {len(graph.nodes)} layers")
        for f in findings:
            typer.echo(f"{'ok     ' if f.ok else 'warning'}  {f.what}: {f.text}")
    if not all(f.ok for f in findings):
        raise typer.Exit(1)
