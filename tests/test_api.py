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


@pytest.mark.needs_cc
def test_a_core_s_record_says_what_its_kernels_were_chosen_for_and_what_bounds_them():
    pytest.importorskip("unicorn", reason="needs unicorn")
    x = images(8)
    int8 = edgeml.quantize(small_cnn(), x).graph
    bench = edgeml.bench({"int8": int8}, x, targets=["host", "cortex-m4"], samples=2, optimize="size")
    record = bench.records[1]
    assert record.optimize == "size" and record.agreement.mismatched_outputs == 0
    called = [layer for layer in record.layers if layer.instructions is not None]
    assert all(layer.kernel and layer.reason and layer.estimate and layer.flash is not None for layer in called)
    assert record.memory.stack <= record.memory.stack_bound
    assert 0 < record.memory.arena_lower_bound <= record.memory.arena
    assert sum(f.instructions for f in record.functions) == record.instructions
    # the map counts in layers of the record, where the reshape that needs no call has its place
    assert max(entry.last for entry in record.memory_map) == len(record.layers) - 1


def test_an_unknown_aim_is_refused():
    with pytest.raises(edgeml.errors.UsageError, match="choose from speed, size, ram, balanced"):
        edgeml.bench({"int8": small_cnn()}, images(2), targets=["host"], optimize="fast")
    with pytest.raises(edgeml.errors.UsageError, match="choose from"):
        edgeml.validate(small_cnn(), images(2), targets=["litert"], optimize="fast")


@pytest.mark.needs_jax
def test_quantisation_aware_training_gives_an_int8_graph_that_compiles(tmp_path):
    x = images(48)
    y = (x[:, :5].mean(axis=(1, 2, 3)) > x[:, 5:].mean(axis=(1, 2, 3))).astype(np.int64)
    config = edgeml.AwareConfig(epochs=4, batch=8, rate=5e-3, distill=0.0, validation=0.25)
    found = edgeml.quantize_aware(small_cnn(), x, y, config=config, calibration=16)
    assert found.kept and found.loss[1] < found.loss[0]
    assert found.result.graph is not None and len(found.history) == 4
    edgeml.compile(found.result.graph, tmp_path, ("c",))
    assert (tmp_path / "c" / "manifest.json").exists()


@pytest.mark.needs_jax
def test_quantisation_aware_training_refuses_what_it_cannot_use():
    with pytest.raises(edgeml.errors.UsageError, match="distill must be in 0"):
        edgeml.AwareConfig(distill=2.0)
    with pytest.raises(edgeml.EdgeMLError, match="label from 0 to 3"):
        edgeml.quantize_aware(small_cnn(), images(16), np.full(16, 9))
