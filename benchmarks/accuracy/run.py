"""What int8 costs on seven models: edgeml beside TFLiteConverter, litert-quantizer and ONNX Runtime.

python benchmarks/accuracy/run.py [--row ic] [--tool edgeml] [--build FOLDER] [--shared FOLDER] [--json FILE] [--write]
    [--from FILE] [--check]

Every cell is measured in a process of its own and kept in FOLDER/cells by the hash of its inputs, so that an
interrupted run goes on where it was. --write puts the tables into benchmarks/results and the README, --check gives exit
code 1 when a figure of rows.toml is missed.
"""

from __future__ import annotations

import argparse
import inspect
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from cell import FLOAT
from measured import Results, RowResult, best_peer, decode, encode, measure, right
from rows import HERE, ROOT, SHARED, Places, Row, read_limits, read_row
from table import missed_figures, page, summary
from tools import TOOLS

from edgeml.bench.environment import environment
from edgeml.errors import EdgeMLError, TargetError
from edgeml.files import parse_json, read_bytes, write_bytes, write_json, write_text
from edgeml.ir import Array
from edgeml.pipeline.stages import code_digest, digest, digest_files

MARKS = ("<!-- accuracy -->\n", "<!-- end of accuracy -->")
# what edgeml's cells depend on besides their row
_CODE = ("ir", "ops", "interpreter.py", "formats", "frontends", "passes", "quantize", "backends/litert.py")
_TITLES = {key: tool.title for key, tool in TOOLS.items()}


def main() -> int:
    """Measure, print, keep; the exit code."""
    args = _arguments()
    limits = read_limits()
    try:
        if args.kept:
            results = decode(parse_json(read_bytes(args.kept, "results"), f"'{args.kept}'", "Measure again."))
        else:
            results = _measured(args)
    except EdgeMLError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(page(results, limits, _TITLES))
    if args.json:
        print(f"wrote {write_json(args.json, encode(results))}", file=sys.stderr)
    if args.write:
        _write(results)
    missed = missed_figures(results, limits)
    for text in missed:
        print(text, file=sys.stderr)
    return 1 if args.check and missed else 0


def _measured(args: argparse.Namespace) -> Results:
    places, limits = Places(args.build, args.shared), read_limits()
    rows = tuple(_row(key, args.tool or list(TOOLS), places, args) for key in args.row or limits)
    known = asdict(environment())
    versions = sorted({f"{_TITLES[c.tool].split()[0]} {c.version}" for row in rows for c in row.cells})
    told = {key: str(known[key]) for key in ("date", "python", "os", "cpu")}
    return Results({**told, "versions": ", ".join(versions)}, rows)


def _row(key: str, tools: list[str], places: Places, args: argparse.Namespace) -> RowResult:
    limit = read_limits()[key]
    row = read_row(key, limit, places)
    source = places.build / "rows" / f"{key}.npz"
    _keep(source, model=np.frombuffer(row.model, np.uint8), calibration=row.calibration, x=row.x)
    exact = _cell(key, FLOAT, row, source, places)["logits"]
    found = {tool: _cell(key, tool, row, source, places) for tool in tools}
    correct = {t: right(got["logits"], row.y, row.classes) for t, got in found.items() if "error" not in got}
    mine = correct.pop("edgeml", None)
    return RowResult(
        key,
        len(row.y),
        len(row.calibration),
        100 * float(right(exact, row.y, row.classes).mean()),
        tuple(measure(tool, got, exact, row.y, row.classes) for tool, got in found.items()),
        None if mine is None else best_peer(mine, correct),
    )


def _cell(key: str, tool: str, row: Row, source: Path, places: Places) -> Mapping[str, Array]:
    """The result of cell.py, measured now or before."""
    code = code_digest(*_CODE) if tool == "edgeml" else ""
    version = "" if tool in (FLOAT, "edgeml") else TOOLS[tool].version
    scripts = digest_files(HERE / "cell.py") + _source(tool)
    name = digest(f"{row.digest} {tool} {version} {code} {scripts}".encode())[:16]
    target = places.build / "cells" / f"{key}-{tool}-{name}.npz"
    if not target.is_file():
        print(f"{key}: {tool}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, HERE / "cell.py", source, tool, target],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode or not target.is_file():
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise TargetError(f"{key}: {tool} gave no result ({last}). Run cell.py with the same arguments to see why.")
    with np.load(target, allow_pickle=False) as arrays:
        return dict(arrays)


def _source(tool: str) -> str:
    """Hash of the lines of tools.py that the tool is measured with."""
    return digest(inspect.getsource(TOOLS[tool].quantized).encode()) if tool != FLOAT else ""


def _keep(path: Path, **arrays: Array) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def _write(results: Results) -> None:
    """The results as pages: the whole table, and its summary in the README."""
    limits = read_limits()
    write_text(ROOT / "benchmarks" / "results" / "accuracy.md", page(results, limits, _TITLES) + "\n")
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    write_text(readme, f"{before}{MARKS[0]}{summary(results, limits, _TITLES)}{MARKS[1]}{after}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", action="append", choices=read_limits(), help="repeatable; all when absent")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="repeatable; all when absent")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "accuracy", help="where work is kept")
    parser.add_argument("--shared", type=Path, default=SHARED, help="models and data that are not part of edgeml")
    parser.add_argument("--json", type=Path, help="keep the results")
    parser.add_argument("--from", dest="kept", type=Path, help="print kept results, measure nothing")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/results and the README")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a figure is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
