"""`edgeml targets`: where a model can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from edgeml.targets.availability import Check


def targets(json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False) -> None:
    """List runtimes, cores and boards, and what of them works on this machine.

    Example: edgeml targets
    """
    from edgeml.cli.printing import print_json
    from edgeml.targets.availability import checks

    found = checks()
    tables = {"runtimes": _runtimes(found), "cores": _cores(found), "boards": _boards()}
    if json:
        print_json(tables)
    else:
        _print(tables)


def _runtimes(found: tuple[Check, ...]) -> list[dict[str, Any]]:
    from edgeml.targets.availability import missing_for

    titles = {
        "litert": "LiteRT interpreter, one thread",
        "onnxruntime": "ONNX Runtime, one thread",
        "tflite_micro": "TensorFlow Lite Micro, reference kernels",
    }
    return [{"name": n, "title": t, "missing": missing_for(n, found)} for n, t in titles.items()]


def _cores(found: tuple[Check, ...]) -> list[dict[str, Any]]:
    from edgeml.targets.availability import missing_for
    from edgeml.targets.cores import CORES

    return [
        {
            "name": core.name,
            "title": core.title,
            "fpu": core.has_fpu,
            "measures": _measures(core.name, core.timing),
            "missing": missing_for(core, found),
        }
        for core in CORES.values()
    ]


def _measures(name: str, timing: str | None) -> str:
    if name == "host":
        return "wall time"
    return "instructions, cycles" if timing else "instructions"


def _boards() -> list[dict[str, Any]]:
    from edgeml.targets.boards import list_boards

    return [
        {"name": b.name, "title": b.title, "core": b.core, "clock_hz": b.clock_hz, "flash": b.flash, "ram": b.ram}
        for b in list_boards()
    ]


def _print(tables: dict[str, list[dict[str, Any]]]) -> None:
    from edgeml.cli.printing import add_row, console, plain_table

    out = console()
    simple = plain_table("target", "what", "FPU", "measures", "here")
    for row in (*tables["runtimes"], *tables["cores"]):
        fpu = ("yes" if row["fpu"] else "no") if "fpu" in row else ""
        here = f"missing: {', '.join(row['missing'])}" if row["missing"] else "ready"
        add_row(simple, row["name"], row["title"], fpu, row.get("measures", "wall time"), here)
    out.print(simple)
    boards = plain_table("board", "what", "core", "clock MHz", "flash KiB", "RAM KiB", right=(3, 4, 5))
    for b in tables["boards"]:
        figures = (f"{b['clock_hz'] / 1e6:g}", f"{b['flash'] / 1024:g}", f"{b['ram'] / 1024:g}")
        add_row(boards, b["name"], b["title"], b["core"], *figures)
    out.print(boards)
    out.print("missing things: see `edgeml doctor`", highlight=False, markup=False)
