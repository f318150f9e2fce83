"""The Python API does what the commands do."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from tests.graphs import images, small_cnn


@pytest.mark.needs_cc
def test_from_a_float_graph_to_a_report(tmp_path):
    graph, x = small_cnn(), images(32)
    int8 = edgeml.quantize(edgeml.prune(graph, 0.5), x).graph
    written = edgeml.compile(int8, tmp_path)
    assert {p.name for p in written} == {"model.tflite", "model.onnx", "c"}
    y = np.zeros(len(x), np.int64)
    bench = edgeml.bench({"float32": graph, "int8": tmp_path / "model.tflite"}, x, y, ["litert", "host"])
    assert [(r.variant, r.target) for r in bench.records] == [
        ("float32", "litert"), ("float32", "host"), ("int8", "litert"), ("int8", "host"),
    ]  # fmt: skip
    assert bench.records[2].agreement.mismatched_outputs == 0
    assert edgeml.report(bench, tmp_path / "report.html").read_text().startswith("<!")


def test_the_public_names_are_functions_and_types_also_after_all_packages_were_imported():
    import edgeml.bench.runner
    import edgeml.prune.graph
    import edgeml.quantize.quantizer
    import edgeml.report.html

    assert all(callable(getattr(edgeml, name)) for name in edgeml.__all__)
