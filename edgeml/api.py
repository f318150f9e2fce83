"""What the commands do, as Python functions; every function returns what it measured or made.

The packages below are imported here, before `edgeml/__init__` gives their names to functions: importing a
sub-package later would put the package back under its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edgeml.bench
import edgeml.prune
import edgeml.quantize
import edgeml.report  # noqa: F401 - see above
from edgeml.backends.boundary import IO
from edgeml.frontends import load
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.pipeline.export import FORMATS, compile_graph
from edgeml.prune.graph import prune_graph
from edgeml.prune.magnitude import Scope
from edgeml.quantize.quantizer import QuantizeResult
from edgeml.quantize.quantizer import quantize as quantize_graph
from edgeml.quantize.recipe import Recipe

if TYPE_CHECKING:
    from edgeml.bench.record import BenchFile


def prune(model: Any, sparsity: float, scope: Scope = "global") -> Graph:
    """The float graph of `model` (path, Keras model or Graph) with the share `sparsity` of its weights zeroed."""
    return prune_graph(load(model), sparsity, scope)


def quantize(model: Any, x: Array, recipe: Recipe | None = None) -> QuantizeResult:
    """The int8 graph of a float `model`, calibrated on float32 samples `x` (N, …), with SQNR per layer."""
    return quantize_graph(load(model), x, recipe)


def compile(model: Any, folder: str | Path, formats: Sequence[str] = FORMATS, io: IO = "int8") -> tuple[Path, ...]:
    """Write `model` as LiteRT, ONNX and C into `folder`; returns the paths written."""
    return compile_graph(canonicalize(load(model)), Path(folder), formats, io)


def report(bench: BenchFile, path: str | Path) -> Path:
    """Write records as one self-contained HTML page."""
    from edgeml.files import write_text
    from edgeml.report.html import render

    return write_text(Path(path), render(bench))
