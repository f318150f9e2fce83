"""The layer that loses accuracy is named, with what it costs, why, and whom."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.bench.metrics import predictions
from edgeml.bench.record import BenchFile, from_json, to_json
from edgeml.errors import UsageError
from edgeml.explain import explain
from edgeml.explain.experiments import chunks
from edgeml.explain.pictures import picture
from edgeml.explain.rounding import Rounding, int8_outputs
from edgeml.interpreter import run, run_single
from edgeml.ir import Array, Graph
from edgeml.quantize import QuantizeResult, Recipe, quantize
from tests.graphs import images, small_cnn
from tests.quantize.networks import near_constant, pooled
from tests.stateful import frames, running_sum

PLAIN = Recipe.plain()


def _classified(graph: Graph, x: Array) -> Array:
    """Labels that the float model gets right."""
    return predictions(run_single(graph, x))


@pytest.fixture(scope="module")
def lost() -> tuple[QuantizeResult, Array, Array]:
    graph, x = near_constant()
    return quantize(graph, x, PLAIN), x, _classified(graph, x)


def test_the_layer_on_nearly_constant_channels_is_named_with_the_reason(lost) -> None:
    record = explain(*lost)
    worst = record.explanation.ranked[0]
    assert worst.name == "depthwise" and worst.share > 0.5
    assert "nearly constant" in worst.reasons[0] and "offset" in worst.reasons[0]
    assert record.explanation.summary.startswith("'depthwise' (depthwise_conv_2d) costs most")
    # alone it loses, restored it gives back
    assert worst.alone_points < -5 and worst.alone_flips > 8
    assert worst.restored_db > record.explanation.scores_db + 3
    assert worst.restored_points > 0 and worst.restored_flips < record.accuracy.flips


def test_what_was_repaired_is_no_reason_any_more(lost) -> None:
    _, x, y = lost
    repaired = explain(quantize(near_constant()[0], x), x, y).explanation
    assert repaired.scores_db > explain(*lost).explanation.scores_db + 6
    assert not any("offset" in r for layer in repaired.layers for r in layer.reasons)


def test_the_accuracy_is_that_of_the_int8_graph_itself(lost) -> None:
    result, x, y = lost
    record = explain(result, x, y)
    got = predictions(int8_outputs(result.graph, {"x": x}))
    assert record.accuracy.value == np.mean(got == y)
    assert record.accuracy.flips == np.count_nonzero(got != y)
    assert [f.sample for f in record.explanation.flips] == np.flatnonzero(got != y).tolist()
    assert sum(c.flips for c in record.explanation.classes) == record.accuracy.flips
    assert sum(c.n for c in record.explanation.classes) == len(x)


def test_changed_samples_are_shown_as_pictures(lost) -> None:
    result, x, y = lost
    flips = explain(result, x, y).explanation.flips
    assert len(flips) > 8
    for flip in flips[:8]:
        assert flip.picture == picture(x[flip.sample])
        head, _, data = flip.picture.partition(",")
        assert head == "data:image/png;base64"
        np.testing.assert_array_equal(_pixels(base64.b64decode(data)), _grey_levels(x[flip.sample]))


def _grey_levels(x: Array) -> Array:
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 1.0)
    return np.rint((x - low) * (255.0 / (high - low))).astype(np.uint8)


def _pixels(png: bytes) -> Array:
    """Of an RGB image without filters."""
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + size]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3)


def test_rounding_every_layer_is_the_int8_graph_but_for_ties() -> None:
    graph, x = small_cnn(), images(64)
    result = quantize(graph, x)
    simulated = Rounding(result.float_graph, result.graph).all({"image": x}, rounded=True)[graph.outputs[0]]
    real = int8_outputs(result.graph, {"image": x})
    step = result.graph.output_tensors[0].type.scale
    assert np.mean(np.abs(simulated - real) < 0.5 * step) > 0.97
    assert np.abs(simulated - real).max() < 2.5 * step


def test_rounding_no_layer_is_the_float_graph() -> None:
    graph, x = small_cnn(), images(8)
    result = quantize(graph, x)
    rounding = Rounding(result.float_graph, result.graph)
    values = rounding.all({"image": x}, rounded=False)
    np.testing.assert_array_equal(values[graph.outputs[0]], run(result.float_graph, {"image": x})[graph.outputs[0]])


def test_one_layer_alone_is_what_changes_behind_it() -> None:
    graph, x = small_cnn(), images(8)
    result = quantize(graph, x)
    rounding = Rounding(result.float_graph, result.graph)
    exact = rounding.all({"image": x}, rounded=False)
    position = next(i for i, n in enumerate(result.float_graph.nodes) if n.name == "dense")
    changed = rounding.changed(position, exact, rounded=True)
    assert set(changed) == {"dense", "probabilities"}
    assert not np.array_equal(changed["dense"], exact["dense"])


def test_nodes_that_copy_codes_cost_nothing_and_are_left_out() -> None:
    graph, x = pooled()
    layers = explain(quantize(graph, x, PLAIN), x).explanation.layers
    assert [layer.name for layer in layers] == ["conv", "pool", "dense"]


def test_without_labels_errors_are_all_that_is_said(lost) -> None:
    record = explain(lost[0], lost[1])
    assert record.accuracy is None and not record.explanation.classes and not record.explanation.flips
    assert all(layer.alone_points is None and layer.alone_flips is None for layer in record.explanation.layers)
    assert record.explanation.ranked[0].name == "depthwise"


def test_values_are_explained_by_their_errors(lost) -> None:
    result, x, _ = lost
    record = explain(result, x, run_single(result.float_graph, x).astype(np.float64) + 0.1)
    assert record.accuracy.metric == "rmse" and record.accuracy.float_value == pytest.approx(0.1, rel=1e-3)
    assert not record.explanation.flips and record.explanation.layers[0].alone_points is None


def test_records_keep_the_explanation(lost) -> None:
    record = explain(*lost)
    file = BenchFile(_environment(), (record,))
    assert from_json(to_json(file)).records[0].explanation == record.explanation


def test_a_layer_without_any_error_is_kept_too(lost) -> None:
    record = explain(*lost)
    layer = replace(record.explanation.layers[0], alone_db=math.inf, sqnr_db=math.inf)
    file = BenchFile(_environment(), (replace(record, explanation=replace(record.explanation, layers=(layer,))),))
    (kept,) = from_json(to_json(file)).records[0].explanation.layers
    assert kept == replace(layer, alone_db=None, sqnr_db=None)


def test_chunks_hold_every_sample_once() -> None:
    graph, x = pooled()
    np.testing.assert_array_equal(np.concatenate([part["image"] for part in chunks(graph, {"image": x})]), x)


def test_models_with_states_are_refused() -> None:
    graph = running_sum()
    x = frames(graph)
    with pytest.raises(UsageError, match="without states"):
        explain(quantize(graph, x), x)


def _environment():
    from edgeml.bench.record import Environment

    return Environment("0", "3", "os", "cpu", "2026-01-01T00:00:00Z")


@pytest.mark.slow
@pytest.mark.needs_shared
def test_the_first_depthwise_layer_of_a_mobilenet_is_the_cause(shared: Path) -> None:
    """A MobileNetV2 backbone, dequantised, with a head fitted to photos of animals by least squares."""
    from edgeml.data import load_dataset
    from edgeml.frontends import load
    from tests.explain.heads import with_linear_head

    data = load_dataset(str(shared / "data" / "animals64"), image_size=(96, 96), color_mode="rgb", quiet=True)
    backbone = load(shared / "models" / "mobilenet_v2_035_96_embedder.tflite", real=True)
    some = np.arange(0, len(data.x_train), 10)
    graph = with_linear_head(backbone, data.x_train[some], data.y_train[some], data.labels)
    x, y = data.x_test[::4], data.y_test[::4]
    lost = explain(quantize(graph, data.x_train[some[::4]], PLAIN), x, y)
    worst = lost.explanation.ranked[0]
    first = next(n for n in graph.nodes if n.op == "depthwise_conv_2d")
    assert worst.name == first.name and "nearly constant" in worst.reasons[0]
    kept = explain(quantize(graph, data.x_train[some[::4]]), x, y)
    assert kept.explanation.scores_db > lost.explanation.scores_db + 8
    assert kept.accuracy.flips < lost.accuracy.flips / 2
