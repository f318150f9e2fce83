"""`edgeml quantize`: what it prints and writes beside the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml import load
from edgeml.backends import litert
from edgeml.interpreter import run_single
from edgeml.quantize import quantize_input
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.quantize.networks import near_constant


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """float.tflite, which loses at its depthwise layer, and data.npz with the classes that it gives."""
    folder = tmp_path_factory.mktemp("lossy")
    graph, x = near_constant()
    (folder / "float.tflite").write_bytes(litert.emit(graph, io="float32"))
    np.savez(folder / "data.npz", x=x, y=run_single(graph, x).argmax(axis=1))
    return folder


def _quantize(edgeml, folder: Path, *options: object):
    data, out = folder / "data.npz", folder / "int8.tflite"
    return edgeml("quantize", folder / "float.tflite", "--data", data, "-o", out, "-q", *options)


def test_explain_names_the_layer_and_the_reason(edgeml, lossy: Path) -> None:
    outcome = _quantize(edgeml, lossy, "--plain", "--explain")
    assert outcome.code == 0
    assert "cause: 'depthwise' (depthwise_conv_2d) costs most" in outcome.out
    assert "nearly constant" in outcome.out
    assert "predictions flip" in outcome.out and "95 % interval" in outcome.out


def test_explain_writes_records_that_report_shows(edgeml, lossy: Path, tmp_path: Path) -> None:
    why, page = tmp_path / "why.json", tmp_path / "why.html"
    outcome = _quantize(edgeml, lossy, "--plain", "--explain", "--explain-samples", 20, "--json", why)
    assert outcome.code == 0 and f"wrote {why}" in outcome.out
    record = json.loads(why.read_text())["records"][0]
    assert record["explanation"]["samples"] == 20
    assert record["accuracy"]["n"] == 20
    assert edgeml("report", why, "-o", page).code == 0
    assert "Where the accuracy goes" in page.read_text() and "nearly constant" in page.read_text()


def test_explain_restores_as_many_layers_as_it_is_told(edgeml, lossy: Path, tmp_path: Path) -> None:
    def restored(*options: object) -> tuple[int, int, str]:
        why = tmp_path / "why.json"
        out = _quantize(edgeml, lossy, "--plain", "--explain", *options, "--json", why).out
        layers = json.loads(why.read_text())["records"][0]["explanation"]["layers"]
        return sum(layer["restored_db"] is not None for layer in layers), len(layers), out

    count, whole, out = restored("--explain-layers", 1)
    assert count == 1 and f"{whole - 1} more layers cost less and were not restored" in out
    count, whole, out = restored("--explain-layers", "all")
    assert count == whole and "not restored" not in out
    refused = _quantize(edgeml, lossy, "--explain", "--explain-layers", "some")
    assert refused.code == 2 and "must be a number from 1, or all. Got 'some'" in refused.error()


def test_repairs_are_told(edgeml, lossy: Path) -> None:
    assert "bias correction: kept in 4 of 4 layers" in _quantize(edgeml, lossy).out
    assert "bias correction" not in _quantize(edgeml, lossy, "--plain").out


def test_few_bits_are_rounded_together(edgeml, lossy: Path) -> None:
    learned = _quantize(edgeml, lossy, "--weight-bits", 4)
    assert learned.code == 0 and "learned rounding: kept in" in learned.out and "of 4 layers" in learned.out
    assert "learned rounding" not in _quantize(edgeml, lossy, "--weight-bits", 4, "--rounding", "nearest").out
    assert _quantize(edgeml, lossy, "--rounding", "up").code == 2


def test_a_file_for_what_is_not_explained_is_refused(edgeml, lossy: Path, tmp_path: Path) -> None:
    outcome = _quantize(edgeml, lossy, "--json", tmp_path / "why.json")
    assert outcome.code == 2 and "Give --explain too" in outcome.error()


@pytest.mark.needs_jax
def test_qat_trains_on_and_says_what_it_was_worth(edgeml, files, tmp_path):
    out = tmp_path / "q.tflite"
    done = edgeml("quantize", files / "float.tflite", "--data", files / "data.npz", "--qat", 1, "-q", "-o", out)
    assert done.code == 0 and "quantisation-aware training: loss" in done.out
    told = [line for line in done.out.splitlines() if line.startswith(("before it, ", "after it, ", "on test samples"))]
    assert len(told) == 3 and all("n = " in t and "95 % interval" in t and "predictions flip: " in t for t in told)
    assert all("McNemar p" in t or "the same predictions" in t for t in told)
    # nothing but the model is left
    assert [p.name for p in tmp_path.iterdir()] == ["q.tflite"]


def test_qat_options_that_mean_nothing_are_refused(edgeml, files, tmp_path):
    out = tmp_path / "q.tflite"
    base = ("quantize", files / "float.tflite", "--data", files / "data.npz", "--qat", 1, "-o", out)
    refused = edgeml(*base, "--ranges", "guessed")
    assert refused.code == 2 and "learned or observed" in refused.error()
    assert edgeml(*base, "--distill", 3).code == 2 and not out.exists()


def test_a_search_prints_what_it_tried_and_keeps_it(edgeml, lossy: Path, tmp_path: Path) -> None:
    records, page, out = tmp_path / "s.json", tmp_path / "s.html", tmp_path / "m.tflite"
    budget = ("--max-drop", 5, "--target", "nucleo-l4r5zi", "--held-out", 60, "--samples", 60)
    outcome = _quantize(edgeml, lossy, *budget, "--json", records, "-o", out)
    assert outcome.code == 0 and out.is_file()
    assert "chosen: " in outcome.out and "on test samples:" in outcome.out and "n = " in outcome.out
    record = json.loads(records.read_text())["records"][0]
    assert [p["chosen"] for p in record["search"]["points"]].count(True) == 1
    assert "bytes of flash" in record["search"]["budget"] and record["search"]["layers"] == 4
    assert edgeml("report", records, "-o", page).code == 0 and "What the accuracy costs" in page.read_text()
    again = _quantize(edgeml, lossy, *budget, "-o", out)
    assert "went on from" in again.err and out.with_suffix(".search.json").is_file()


def test_a_search_that_finds_nothing_says_what_came_nearest(edgeml, lossy: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.tflite"
    outcome = _quantize(edgeml, lossy, "--max-drop", 5, "--max-flash", "0.5K", "--toolchain", "gcc", "-o", out)
    assert outcome.code == 1 and not out.exists()
    assert "nearest miss" in outcome.err and "too many" in outcome.err and "512 bytes of flash" in outcome.err


def test_a_budget_that_makes_no_sense_is_refused(edgeml, lossy: Path) -> None:
    assert "need --max-drop" in _quantize(edgeml, lossy, "--max-flash", "64K").error()
    assert "Got 'much'" in _quantize(edgeml, lossy, "--max-drop", 1, "--max-flash", "much").error()
    outcome = _quantize(edgeml, lossy, "--max-drop", 1, "--max-latency", 5)
    assert outcome.code == 2 and "needs a clock" in outcome.error()
    assert "choose from" in _quantize(edgeml, lossy, "--max-drop", 1, "--cheapest", "money").error()


def test_held_out_samples_that_the_model_learned_are_warned_of(edgeml, lossy: Path, tmp_path: Path) -> None:
    """The test part has other classes than the model gives."""
    whole = np.load(lossy / "data.npz")
    x, y = whole["x"], whole["y"]
    split = {"x_train": x[:100], "y_train": y[:100], "x_test": x[100:], "y_test": (y[100:] + 1) % 4}
    np.savez(tmp_path / "split.npz", **split)
    base = ("quantize", lossy / "float.tflite", "--data", tmp_path / "split.npz", "--max-drop", 5, "--samples", 40)
    outcome = edgeml(*base, "--held-out", 60, "-o", tmp_path / "m.tflite", "-q")
    assert outcome.code == 0 and "they hide a loss" in outcome.err
    judged = (*base, "--held-out-data", lossy / "data.npz", "-o", tmp_path / "n.tflite", "-q")
    assert "they hide a loss" not in edgeml(*judged).err


def test_int16_activations_for_all_layers_or_some(edgeml, lossy: Path) -> None:
    assert _quantize(edgeml, lossy, "--activations", "int16").code == 0
    assert {t.dtype.value for t in load(lossy / "int8.tflite").output_tensors} == {"int16"}
    assert _quantize(edgeml, lossy, "--int16", "depthwise").code == 0
    graph = load(lossy / "int8.tflite")
    assert {b.node.op: b.output.dtype.value for b in graph.bound()}["depthwise_conv_2d"] == "int16"
    assert graph.output_tensors[0].dtype.value == "int8"
    refused = _quantize(edgeml, lossy, "--activations", "int16", "--numerics", "tflm")
    assert refused.code == 2 and "litert numerics" in refused.err


def test_onnx_holds_int16_activations_in_integers_or_as_qdq(edgeml, lossy: Path) -> None:
    assert _quantize(edgeml, lossy, "--activations", "int16").code == 0
    model, x = lossy / "int8.tflite", np.load(lossy / "data.npz")["x"][:20]
    codes = quantize_input(x, load(model).input_tensors[0].type)
    want, found = run_single(load(model), codes), {}
    for form in ("integer", "qdq"):
        out = lossy / form
        assert edgeml("compile", model, "-o", out, "--format", "onnx", "--onnx-int16", form).code == 0
        found[form] = OnnxRuntimeTarget((out / "model.onnx").read_bytes()).run(codes)
    np.testing.assert_array_equal(found["integer"], want)
    assert 0 < np.abs(found["qdq"].astype(int) - want).max() < 300
    # neither is read again: the reader says what it takes
    for form in found:
        refused = edgeml("inspect", lossy / form / "model.onnx")
        assert refused.code == 2 and "activations of type int16 are not supported" in refused.error()
    assert "integer or qdq" in edgeml("compile", model, "--onnx-int16", "float").error()
