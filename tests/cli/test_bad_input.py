"""Every kind of bad input ends as one line that names what, where and the remedy, with exit code 2."""

import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.bench import record
from edgeml.bench.record import read as read_records
from edgeml.formats.litert import OperatorRecord, TfliteModel, read, write
from edgeml.targets import boards
from tests.graphs import images, small_cnn


def refused(outcome, *words):
    line = outcome.error()
    assert outcome.code == 2, line
    for word in words:
        assert str(word) in line, line
    # after what is wrong, a sentence that says what to do
    assert line.endswith(".") or "--help" in line or "pip install" in line, line


def npz(path, x, y):
    np.savez(path, x=x, y=y)
    return path


def test_missing_file(edgeml, tmp_path):
    path = tmp_path / "gone.tflite"
    refused(edgeml("compile", path, "-o", tmp_path / "out"), path, "does not exist", "Check the path")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_truncated_file(edgeml, files, tmp_path, share):
    data = (files / "int8.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(data[: int(len(data) * share)])
    refused(edgeml("compile", path, "-o", tmp_path / "out"), path)
    assert not (tmp_path / "out").exists()


def test_wrong_suffix(edgeml, files, tmp_path):
    path = tmp_path / "model.txt"
    path.write_bytes((files / "int8.tflite").read_bytes())
    refused(edgeml("inspect", path), path, "'.txt'", ".tflite", "Convert")


@pytest.mark.parametrize("content", [b"", b"hello", bytes(4096), b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_not_a_model(edgeml, tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    refused(edgeml("inspect", path), path)


def test_a_folder_in_place_of_a_model(edgeml, tmp_path):
    refused(edgeml("compile", tmp_path), tmp_path, "is a folder", "Give a file")


@pytest.mark.parametrize("command", ["quantize", "prune"])
def test_an_output_that_is_no_tflite_file(edgeml, files, tmp_path, command):
    data = () if command == "prune" else ("--data", files / "data.npz")
    for output, words in ((tmp_path / "m.onnx", (".tflite",)), (tmp_path / "d.tflite", ("is a folder",))):
        if output.suffix == ".tflite":
            output.mkdir()
        refused(edgeml(command, files / "float.tflite", *data, "-o", output, "-q"), output, *words)
    assert not (tmp_path / "m.onnx").exists()


def test_an_unknown_boundary_type_is_refused_before_the_work(edgeml, files, tmp_path):
    # the data set does not exist, and is not looked for
    outcome = edgeml("quantize", files / "float.tflite", "--data", tmp_path / "gone", "--io", "int4")
    refused(outcome, "io must be int8 or float32", "int4")


@pytest.mark.parametrize("command", ["quantize", "bench", "run"])
@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf"])
def test_a_scale_that_is_no_positive_number(edgeml, files, command, scale):
    outcome = edgeml(command, files / "float.tflite", "--data", files / "data.npz", "--scale", scale, "-q")
    refused(outcome, "scale must be a positive number", scale)


def test_samples_without_an_array(edgeml, files, tmp_path):
    path = tmp_path / "empty.npz"
    np.savez(path)
    refused(edgeml("run", files / "float.tflite", "--data", path), path, "hold no array", "numpy.savez")


def test_unsupported_operator(edgeml, tmp_path):
    model = read(litert.emit(small_cnn(), io="float32"))
    operators = (*model.operators[:-1], OperatorRecord("NON_MAX_SUPPRESSION_V4", 1, (0,), model.operators[-1].outputs))
    path = tmp_path / "odd.tflite"
    path.write_bytes(write(TfliteModel(model.name, model.tensors, operators, model.inputs, model.outputs)))
    refused(edgeml("compile", path, "-o", tmp_path / "out"), path, "NON_MAX_SUPPRESSION_V4", "operator 5", "edgeml ops")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["quantize", "bench", "run"])
def test_wrong_input_shape(edgeml, files, tmp_path, command):
    data = npz(tmp_path / "small.npz", images(20, size=8), np.arange(20) % 4)
    refused(edgeml(command, files / "float.tflite", "--data", data, "-q"), "(10, 10, 1)", "(8, 8, 1)")


@pytest.mark.parametrize("command", ["quantize", "bench", "run"])
def test_wrong_dtype(edgeml, files, tmp_path, command):
    data = npz(tmp_path / "text.npz", np.full((20, 10, 10, 1), "a"), np.arange(20) % 4)
    refused(edgeml(command, files / "float.tflite", "--data", data, "-q"), "number")


def test_nan_in_calibration_data(edgeml, files, tmp_path):
    x = images(20)
    x[:, 3, 3] = np.nan
    data = npz(tmp_path / "nan.npz", x, np.arange(20) % 4)
    out = tmp_path / "out.tflite"
    refused(edgeml("quantize", files / "float.tflite", "--data", data, "-o", out, "-q"), "NaN")
    assert not out.exists()


def test_nan_in_samples(edgeml, files, tmp_path):
    x = images(3)
    x[1] = np.inf
    np.save(tmp_path / "x.npy", x)
    refused(edgeml("run", files / "int8.tflite", "--data", tmp_path / "x.npy"), "sample 1", "infinity", "Clean")


@pytest.mark.parametrize("command", ["quantize", "bench", "run"])
def test_empty_data_set(edgeml, files, tmp_path, command):
    data = npz(tmp_path / "empty.npz", images(20)[:0], np.zeros(0, int))
    refused(edgeml(command, files / "float.tflite", "--data", data, "-q"), "sample")


@pytest.mark.parametrize("bad", [9, -1])
def test_labels_out_of_range(edgeml, files, tmp_path, bad):
    y = np.arange(60) % 4
    y[:] = np.where(y == 3, bad, y)
    data = npz(tmp_path / "labels.npz", images(60), y)
    refused(edgeml("bench", files / "int8.tflite", "--data", data, "--target", "litert", "-q"), "label", bad)


def test_unknown_data_set(edgeml, files):
    refused(edgeml("bench", files / "int8.tflite", "--data", "mnitz", "-q"), "mnitz", "mnist", "Check")


@pytest.mark.parametrize("command", ["bench", "run"])
def test_unknown_target(edgeml, files, command):
    outcome = edgeml(command, files / "int8.tflite", "--data", files / "data.npz", "--target", "cortex-m44", "-q")
    refused(outcome, "'cortex-m44'", "Did you mean 'cortex-m4'?", "Known:")


def test_unknown_toolchain(edgeml, files):
    outcome = edgeml("bench", files / "int8.tflite", "--data", files / "data.npz", "--toolchain", "icc", "-q")
    refused(outcome, "'icc'", "zig or gcc")


@pytest.mark.parametrize("target", ["cortex-m4", "host"])
def test_no_compiler(edgeml, files, monkeypatch, tmp_path, target):
    monkeypatch.setenv("PATH", str(tmp_path))
    args = ("--data", files / "data.npz", "--target", target, "--toolchain", "gcc", "-q")
    refused(edgeml("run", files / "int8.tflite", *args), "gcc", "zig")


def test_no_compiler_for_a_bench_shows_what_could_be_measured(edgeml, files, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    args = ("--data", files / "data.npz", "--target", "cortex-m4", "--toolchain", "gcc", "--limit", 5, "-q")
    outcome = edgeml("bench", files / "int8.tflite", *args, "--json", tmp_path / "r.json")
    refused(outcome, "int8 on cortex-m4 was not measured", "gcc")
    ran = {r.target: not r.skipped for r in read_records(tmp_path / "r.json").records}
    assert ran == {"litert": True, "onnxruntime": True, "host": False, "cortex-m4": False}


@pytest.mark.needs_cc
def test_board_too_small(edgeml, files, monkeypatch):
    tiny = boards.Board("tiny-board", "A board", "cortex-m4", 48_000_000, 4096, 2048, "none")
    monkeypatch.setattr(boards, "list_boards", lambda: (tiny,))
    args = ("--data", files / "data.npz", "--target", "tiny-board", "--samples", 1, "--limit", 5, "-q")
    outcome = edgeml("bench", files / "int8.tflite", *args)
    refused(outcome, "'tiny-board'", "flash needs", "too few", "larger board")
    assert "DOES NOT FIT" in outcome.out


@pytest.mark.needs_cc
def test_board_too_small_to_run_on(edgeml, files, monkeypatch):
    tiny = boards.Board("tiny-board", "A board", "cortex-m4", 48_000_000, 4096, 2048, "none")
    monkeypatch.setattr(boards, "list_boards", lambda: (tiny,))
    outcome = edgeml("run", files / "int8.tflite", "--data", files / "data.npz", "--target", "tiny-board")
    refused(outcome, "'tiny-board'", "flash needs", "larger board")


class _FullDisk:
    def __init__(self, handle):
        self.handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.handle)

    def write(self, data):
        os.write(self.handle, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("command", ["compile", "prune", "quantize", "bench"])
def test_full_disk(edgeml, files, monkeypatch, tmp_path, command):
    out = tmp_path / "out"
    args = {
        "compile": (files / "int8.tflite", "--format", "litert", "-o", out),
        "prune": (files / "float.tflite", "--sparsity", 0.5, "-o", out / "p.tflite"),
        "quantize": (files / "float.tflite", "--data", files / "data.npz", "-q", "-o", out / "q.tflite"),
        "bench": (files / "int8.tflite", "--data", files / "data.npz", "-q", "--target", "litert", "--json", out / "r"),
    }[command]
    if command == "bench":
        # exporting to the temporary folder must still work: only the records meet the full disk
        monkeypatch.setattr(record, "write_json", _full)
    else:
        monkeypatch.setattr("edgeml.files.os.fdopen", lambda handle, mode: _FullDisk(handle))
    refused(edgeml(command, *args), "cannot write", out, "No space left", "Free some disk space")
    assert not [p for p in out.rglob("*") if p.is_file()] if out.exists() else True


def _full(path: Path, value: object) -> Path:
    from edgeml.files import writing

    with writing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_no_write_permission(edgeml, files, monkeypatch, tmp_path):
    def refuse(**_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # root may write everywhere: the system's answer is given by hand
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    outcome = edgeml("compile", files / "int8.tflite", "--format", "litert", "-o", tmp_path / "out")
    refused(outcome, "cannot write", tmp_path / "out", "Permission denied", "may write to")


def test_a_folder_where_nothing_can_be_made(edgeml, files):
    outcome = edgeml("compile", files / "int8.tflite", "-o", "/proc/nothing")
    refused(outcome, "cannot write", "/proc/nothing")


def test_records_that_are_none(edgeml, files, tmp_path):
    refused(edgeml("report", files / "int8.tflite"), "int8.tflite", "not JSON", "edgeml bench --json")
    path = tmp_path / "records.json"
    path.write_text('{"schema": "other/1"}')
    refused(edgeml("report", path), path, "'other/1'", "edgeml bench --json")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("benc",), ("benc", "edgeml --help")),
        (("bench",), ("Missing argument", "edgeml bench --help")),
        (("compile", "x.tflite", "--frmat", "c"), ("--frmat", "edgeml compile --help")),
        (("bench", "x.tflite", "--samples", "0"), ("--samples", "1", "edgeml bench --help")),
        (("bench", "x.tflite"), ("--data",)),
        (("quantize", "x.tflite"), ("--data",)),
        (("build", "no_such_model"), ("no_such_model", "mnist_cnn")),
    ],
)
def test_wrong_use(edgeml, args, words):
    refused(edgeml(*args), *words)


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 2])
def test_sparsity_out_of_range(edgeml, files, tmp_path, sparsity):
    out = tmp_path / "p.tflite"
    refused(edgeml("prune", files / "float.tflite", "--sparsity", sparsity, "-o", out), "sparsity", str(sparsity))
    assert not out.exists()


@pytest.mark.parametrize("option", [("--format", "hex"), ("--io", "int16")])
def test_unknown_format_or_boundary(edgeml, files, tmp_path, option):
    refused(edgeml("compile", files / "int8.tflite", "-o", tmp_path / "out", *option), option[1])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"])
def test_pickles(edgeml, tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"cos\nsystem\n(S'touch marker'\ntR.")
    refused(edgeml("inspect", path), path, "is a pickle", "can run any code")
    assert not Path("marker").exists()
