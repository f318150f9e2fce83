"""--numerics: whose int8 arithmetic the commands compute."""

import json

import numpy as np
import pytest


def _outputs(edgeml, files, *args):
    done = edgeml("run", files / "int8.tflite", "--data", files / "data.npz", "--json", "--samples", 20, "-q", *args)
    assert done.code == 0, done.err
    return np.array([json.loads(line)["outputs"] for line in done.out.splitlines()])


@pytest.mark.needs_cc
@pytest.mark.needs_tflite_micro
def test_run_computes_what_the_micro_interpreter_does(edgeml, files):
    micro = _outputs(edgeml, files, "--target", "tflite_micro")
    tflm = ("--numerics", "tflm")
    np.testing.assert_array_equal(_outputs(edgeml, files, *tflm), micro)
    np.testing.assert_array_equal(_outputs(edgeml, files, *tflm, "--target", "host"), micro)


def test_compile_writes_the_same_model_files_and_another_library(edgeml, files, tmp_path):
    for numerics in ("litert", "tflm"):
        done = edgeml("compile", files / "int8.tflite", "-o", tmp_path / numerics, "--numerics", numerics)
        assert done.code == 0, done.err
    for name in ("model.tflite", "model.onnx"):
        assert (tmp_path / "litert" / name).read_bytes() == (tmp_path / "tflm" / name).read_bytes()
    manifests = [json.loads((tmp_path / n / "c" / "manifest.json").read_text()) for n in ("litert", "tflm")]
    assert [m["numerics"] for m in manifests] == ["litert", "tflm"]


@pytest.mark.needs_cc
@pytest.mark.needs_tflite_micro
def test_bench_compares_with_the_runtime_of_the_same_numerics(edgeml, files, tmp_path):
    path = tmp_path / "records.json"
    data = ("--data", files / "data.npz", "--json", path, "-q")
    args = ("--numerics", "tflm", "--target", "host", "--target", "tflite_micro", "--target", "litert")
    done = edgeml("bench", files / "int8.tflite", *data, *args)
    assert done.code == 0, done.err
    records = {r["target"]: r for r in json.loads(path.read_text())["records"]}
    assert records["tflite_micro"]["agreement"]["mismatched_outputs"] == 0
    # LiteRT computes another arithmetic: its differences are no disagreement
    assert records["litert"]["agreement"] is None


def test_unknown_numerics_are_refused_in_one_line(edgeml, files, tmp_path):
    done = edgeml("compile", files / "int8.tflite", "-o", tmp_path, "--numerics", "cmsis")
    assert done.code == 2
    assert "numerics must be litert or tflm. Got 'cmsis'" in done.error()


def test_quantize_takes_numerics(edgeml, files, tmp_path):
    args = ("--data", files / "data.npz", "--samples", 20, "--numerics", "tflm", "-o", tmp_path / "q.tflite")
    done = edgeml("quantize", files / "float.tflite", *args)
    assert done.code == 0, done.err
    assert (tmp_path / "q.tflite").is_file()
