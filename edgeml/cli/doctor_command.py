"""`edgeml doctor`: what is here, what is missing, and for what."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False) -> None:
    """Say which runtimes, compilers, emulators and packages are here, and how to get what is missing.

    Example: edgeml doctor
    """
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
