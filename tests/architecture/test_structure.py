"""Imports go one way, modules stay small, the core is light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "edgeml"

# a package may import itself and everything to its left
ORDER = (
    "text", "errors", "extras", "files", "project", "ir", "ops", "interpreter", "formats", "frontends", "passes",
    "data", "prune", "training", "quantize", "backends", "targets", "bench", "finetune", "sparsify", "explain",
    "search", "validate", "report", "inspection", "support", "pipeline", "api", "cli", "__main__",
)  # fmt: skip
# within a framework frontend nothing of the graph side is needed, but the loader sees both
MAX_LINES = 400


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_bundled" in path.parts:
            continue
        parts = ("edgeml", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("edgeml"):
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(a.name for a in node.names if a.name.startswith("edgeml"))
    return names


def top(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_every_package_has_its_place_in_the_order():
    unknown = {top(m) for m in modules()} - set(ORDER) - {""}
    assert not unknown, f"say where {unknown} stands in the pipeline"


def test_imports_go_one_way():
    known = modules()
    wrong = []
    for name, path in known.items():
        mine = top(name)
        if not mine:
            continue
        for target in imports(path):
            other = top(target)
            if other in ORDER and ORDER.index(other) > ORDER.index(mine):
                wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_report_reads_records_only():
    for name, path in modules().items():
        if top(name) == "report":
            others = {top(t) for t in imports(path)} - {"report", "text", "errors", "extras", "files", ""}
            allowed = {t for t in imports(path) if top(t) == "bench" and ".record" in f"{t}."}
            bench = {t for t in imports(path) if top(t) == "bench"}
            assert others <= {"bench"} and bench <= allowed | {"edgeml.bench"}, f"{name} imports more than records"


def test_no_import_cycles():
    known = modules()
    graph = {
        name: {t for t in imports(path) if t in known and t != name and path.name != "__init__.py"}
        for name, path in known.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for target in sorted(graph[name]):
            if known[target].name != "__init__.py":
                visit(target, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_modules_are_small():
    long = {n: c for n, p in modules().items() if (c := len(p.read_text().splitlines())) > MAX_LINES}
    assert not long, f"split these by meaning: {long}"


@pytest.mark.parametrize("heavy", ["tensorflow", "keras", "jax", "torch", "onnx", "onnxruntime", "ai_edge_litert"])
def test_importing_edgeml_needs_numpy_only(heavy):
    code = f"import sys, edgeml; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_in_the_package_unpickles():
    """But the one module that does so when a user says that they trust a file."""
    opens = re.compile(
        r"pickle\.loads?\b|allow_pickle=True|(?<!\.)\bjoblib\b|torch\.load|weights_only=False|torch\.jit|export\.load"
    )
    found = {name for name, path in modules().items() if opens.search(path.read_text())}
    assert found <= {"edgeml.frontends.trusted_pickle"}
