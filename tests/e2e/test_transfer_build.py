"""The whole way of a transfer model on a few photos: trained, repaired, explained, exported, the same bits, a board."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeml.bench.record import BenchFile, Record, read
from edgeml.frontends import load
from edgeml.ir import DType, Graph
from edgeml.ops import OPS
from tests.e2e.conftest import ROOT

# one worker, so that the model is built once
pytestmark = [
    pytest.mark.slow, pytest.mark.needs_shared, pytest.mark.needs_jax, pytest.mark.needs_cc,
    pytest.mark.xdist_group("animals_mobilenet"),
]  # fmt: skip

NAME, BOARD = "animals_mobilenet", "nucleo-h7a3zi"
CLASSES, PHOTOS = ("cat", "elephant", "penguin"), {"train": 10, "val": 4}
TESTS = len(CLASSES) * PHOTOS["val"]
# the model as it is shipped, but that it trains for a moment
FAST = {"epochs": 1, "views": 1, "tune": 4}


class Project:
    """A user's project: the shipped settings in haste, and its photos; `stdout` and `stderr` are the build's."""

    def __init__(self, folder: Path, shared: Path) -> None:
        self.folder, self.output = folder, folder / "build" / NAME
        for part, count in PHOTOS.items():
            for name in CLASSES:
                (folder / "photos" / part / name).mkdir(parents=True)
                for photo in sorted((shared / "data" / "animals64" / part / name).iterdir())[:count]:
                    shutil.copy(photo, folder / "photos" / part / name)
        settings = (ROOT / "models" / NAME / "model.toml").read_text()
        for key, value in FAST.items():
            settings, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", settings)
            assert found == 1, key
        (folder / "models" / NAME).mkdir(parents=True)
        (folder / "models" / NAME / "model.toml").write_text(settings)
        backbone = shared / "models" / "mobilenet_v2_035_96_embedder.tflite"
        command = [sys.executable, "-m", "edgeml", "build", NAME, "-q", "--data", "photos", "--backbone", str(backbone),
                   "--target", BOARD, "--samples", "1"]  # fmt: skip
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        self.stdout, self.stderr = result.stdout, result.stderr
        self.bench: BenchFile = read(self.output / "records.json")

    def record(self, variant: str, target: str) -> Record:
        (found,) = [r for r in self.bench.records if (r.variant, r.target) == (variant, target)]
        assert not found.skipped, found.skipped
        return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    from tests.conftest import SHARED

    return Project(tmp_path_factory.mktemp("transfer"), SHARED)


def test_it_is_trained_in_two_steps_and_knows_the_animals(project: Project) -> None:
    (stage,) = (project.output / ".stages").glob("train-*")
    trained = json.loads((stage / "trained.json").read_text())
    head, *epochs = trained["history"]
    assert head["epoch"] == 0 and len(epochs) == FAST["epochs"]
    assert not (stage / "checkpoint.npz").exists()
    # chance is a third
    assert project.record("float32", "litert").accuracy.value == trained["float_accuracy"] >= 0.6
    assert project.record("int8", "litert").accuracy.value >= 0.6
    assert "warning" not in project.stderr


def test_every_export_is_there_and_holds_the_same_graph(project: Project) -> None:
    for file in ("model.tflite", "model.onnx", "model_float32.tflite", "model_float32.onnx", "firmware.elf",
                 "records.json", "report.html", f"c/{NAME}.h", "c/CMakeLists.txt", "c/manifest.json"):  # fmt: skip
        assert (project.output / file).stat().st_size > 0, file
        assert file.startswith("c/") or f"build/{NAME}/{file}" in project.stdout, file
    graph = load(project.output / "model.tflite")
    assert graph.input_tensors[0].shape == (1, 96, 96, 3) and graph.labels == CLASSES
    assert {b.output.dtype for b in graph.bound()} == {DType.INT8}
    # the pixels' range went into the first convolution
    assert not {"mul", "sub", "div"} & {n.op for n in graph.nodes}


def test_every_runtime_gives_the_same_int8_outputs(project: Project) -> None:
    for target, samples in (("litert", TESTS), ("onnxruntime", TESTS), (BOARD, 1)):
        agreement = project.record("int8", target).agreement
        assert (agreement.reference, agreement.samples, agreement.mismatched_outputs) == ("host", samples, 0), target


def test_it_is_emulated_layer_by_layer_and_fits_the_board(project: Project) -> None:
    record = project.record("int8", BOARD)
    assert sum(layer.instructions or 0 for layer in record.layers) == record.instructions
    assert record.instructions < 2 * sum(layer.macs for layer in record.layers)
    (board,) = record.boards
    assert board.name == BOARD and board.fits
    assert f"int8 on {BOARD}: fits" in project.stdout


def test_it_is_repaired(project: Project) -> None:
    """Biases are not those of the float model, rounded: what rounding the weights did to a channel is taken back."""
    exact, got = (_biases(load(project.output / f"{name}.tflite")) for name in ("model_float32", "model"))
    assert len(got) == len(exact) > 50
    moved = [np.abs(a - b).max() > 1.5 * step for (a, _), (b, step) in zip(exact, got, strict=True)]
    assert sum(moved) > len(moved) / 4


def _biases(graph: Graph) -> list[tuple[np.ndarray, float]]:
    """Real biases of the layers with weights, in their order, and the largest step of their codes."""
    found = []
    for b in graph.bound():
        if OPS[b.node.op].weight_axis is None:
            continue
        bias = b.input(2)
        q = bias.type.quantization
        scale = np.float64(1) if q is None else q.scales.astype(np.float64)
        found.append((bias.data * scale, float(np.max(scale))))
    return found


def test_it_is_explained_and_reported(project: Project) -> None:
    (record,) = [r for r in project.bench.records if r.explanation]
    why = record.explanation
    assert (record.variant, why.samples) == ("int8", TESTS)
    assert sum(layer.share for layer in why.layers) == pytest.approx(1)
    assert {c.name: c.n for c in why.classes} == dict.fromkeys(CLASSES, PHOTOS["val"])
    assert {"head", "expanded_conv/depthwise"} <= {layer.name for layer in why.layers}
    page = (project.output / "report.html").read_text()
    for text in (
        "Summary",
        "Boards",
        "Layers",
        "Memory map",
        "Confusion matrix",
        "Where the accuracy goes",
        "By class",
    ):
        assert f"<h2>{text}" in page or f"<h3>{text}" in page, text
    assert page.count("<img ") == len([f for f in why.flips if f.picture])
    for table in re.findall(r"<tbody>(.*?)</tbody>", page, re.S):
        assert "<tr" in table, "an empty table"
