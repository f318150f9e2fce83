"""bench, report and run on real files and real runtimes."""

import json

import numpy as np
import pytest

from edgeml.bench.record import read


@pytest.fixture(scope="module")
def benched(files, tmp_path_factory):
    from edgeml.cli.main import main

    folder = tmp_path_factory.mktemp("bench")
    args = ["bench", files / "float.tflite", files / "int8.tflite", "--data", files / "data.npz", "-q"]
    args += ["--target", "cortex-m4", "--samples", 3, "--json", folder / "records.json", "-o", folder / "report.html"]
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in args])
    assert not stop.value.code
    return folder


@pytest.mark.needs_cc
def test_all_runtimes_and_the_emulated_core_give_the_same_int8_outputs(benched):
    records = [r for r in read(benched / "records.json").records if r.variant == "int8"]
    assert [r.target for r in records] == ["litert", "onnxruntime", "host", "cortex-m4"]
    for record in records:
        assert not record.skipped
        assert len(record.agreements) == 3
        assert [a.mismatched_outputs for a in record.agreements] == [0, 0, 0]
    assert records[3].agreement.samples == 3
    assert records[0].agreement.samples == records[0].accuracy.n


@pytest.mark.needs_cc
def test_int8_is_compared_with_the_float_model_on_the_same_samples(benched):
    by = {(r.variant, r.target): r for r in read(benched / "records.json").records}
    base, quantized, emulated = by["float", "litert"], by["int8", "litert"], by["int8", "cortex-m4"]
    assert base.accuracy.delta is None
    assert quantized.accuracy.float_value == base.accuracy.value
    assert quantized.accuracy.delta == pytest.approx(quantized.accuracy.value - base.accuracy.value)
    assert emulated.accuracy.n == 3
    assert sum(map(sum, base.confusion)) == base.accuracy.n


@pytest.mark.needs_cc
def test_the_emulated_record_has_costs_that_add_up(benched):
    record = next(r for r in read(benched / "records.json").records if (r.variant, r.target) == ("int8", "cortex-m4"))
    counted = sum(layer.instructions or 0 for layer in record.layers)
    assert 0.9 * record.instructions < counted <= record.instructions
    assert record.memory.flash >= record.memory.code + record.memory.weights
    assert record.memory_map and record.boards
    assert all(layer.bytes for layer in record.layers if layer.macs)


@pytest.mark.needs_cc
def test_the_page_is_written_and_needs_no_network(benched):
    page = (benched / "report.html").read_text()
    assert "int8" in page and "Memory map" in page
    assert "http" not in page.replace("http-equiv", "")


def test_run_prints_the_same_prediction_in_every_runtime(edgeml, files):
    found = []
    for target in ((), ("--target", "litert"), ("--target", "onnxruntime")):
        out = edgeml("run", files / "int8.tflite", "--data", files / "data.npz", "--samples", 4, *target, "-q")
        assert out.code == 0, out.err
        *rows, accuracy = out.out.splitlines()
        assert len(rows) == 4 and "n = 4" in accuracy
        found.append([line.split("  ")[2:] for line in rows])
    assert found[0] == found[1] == found[2]


def test_run_takes_an_image(edgeml, files, tmp_path):
    image = pytest.importorskip("PIL.Image")
    pixels = (np.arange(100).reshape(10, 10) * 2).astype(np.uint8)
    image.fromarray(pixels).save(tmp_path / "x.png")
    np.save(tmp_path / "x.npy", pixels[None, :, :, None])
    lines = []
    for name in ("x.png", "x.npy"):
        out = edgeml("run", files / "float.tflite", "--data", tmp_path / name, "--json")
        assert out.code == 0, out.err
        lines.append(json.loads(out.out)["outputs"])
    assert lines[0] == lines[1] and len(lines[0]) == 4


@pytest.mark.needs_cc
def test_bench_shows_layers_and_compares_with_earlier_records(benched, edgeml, files):
    args = ["bench", files / "int8.tflite", "--data", files / "data.npz", "--target", "cortex-m4", "--samples", 2, "-q"]
    out = edgeml(*args, "--layers", "--compare", benched / "records.json", "--optimize", "speed")
    assert out.code == 0, out.err
    assert "share" in out.out and "against the records of" in out.out
    record = next(r for r in read(benched / "records.json").records if (r.variant, r.target) == ("int8", "cortex-m4"))
    assert all(layer.kernel for layer in record.layers if layer.instructions is not None)
    assert record.optimize == "balanced"
    # another aim is another thing
    assert "int8 · cortex-m4 · zig · speed: not among the earlier records" in out.out
    again = edgeml("report", benched / "records.json", "--compare", benched / "records.json")
    assert again.code == 0 and "int8 · cortex-m4 · zig · balanced: nothing changed" in again.out


@pytest.mark.parametrize("command", ["bench", "validate", "compile"])
def test_an_unknown_aim_is_refused_before_any_work(edgeml, files, command):
    out = edgeml(command, files / "int8.tflite", "--data", files / "data.npz", "--optimize", "fast") if (
        command != "compile"
    ) else edgeml(command, files / "int8.tflite", "--optimize", "fast")  # fmt: skip
    assert out.code == 2 and "choose from speed, size, ram, balanced" in out.err
