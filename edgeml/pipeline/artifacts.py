"""A graph with its exports, ready to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeml.bench.suite import Variant
from edgeml.errors import UnsupportedError
from edgeml.ir import Graph
from edgeml.pipeline.export import compile_graph

_TARGETS = {"litert": ("litert",), "onnx": ("onnxruntime",), "c": ("host",)}


def make_variant(name: str, graph: Graph, folder: Path, sqnr: Mapping[str, float] | None = None) -> Variant:
    """Export `graph` (canonical) below `folder`; a format that cannot spell it is missing with its reason."""
    io = "int8" if graph.input_tensors[0].type.has_codes else "float32"
    missing: dict[str, str] = {}
    for form in ("litert", "onnx", "c"):
        try:
            compile_graph(graph, folder, (form,), io)  # type: ignore[arg-type]
        except UnsupportedError as error:
            missing |= {target: str(error) for target in _TARGETS[form]}
    return Variant(
        name,
        graph,
        litert=None if "litert" in missing else (folder / "model.tflite").read_bytes(),
        onnx=None if "onnxruntime" in missing else (folder / "model.onnx").read_bytes(),
        library=None if "host" in missing else folder / "c",
        sqnr=sqnr or {},
        missing=missing,
    )
