"""What a build of a transfer model says before it trains, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.errors import UsageError
from edgeml.files import write_bytes
from edgeml.pipeline import build as build_module
from edgeml.pipeline.build import BuildOptions, train_model
from tests.pipeline.test_transfer import backbone, classifier

pillow = pytest.importorskip("PIL.Image", reason="needs Pillow")

SETTINGS = """
framework = "transfer"
dataset = "photos"
input = [64, 64, 3]
[train]
epochs = 1
validation = 0.2
[transfer]
range = "0..1"
views = 1
steps = 5
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model `own`, and photos of two colours in sizes of their own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "own").mkdir(parents=True)
    (tmp_path / "models" / "own" / "model.toml").write_text(SETTINGS)
    rng = np.random.default_rng(0)
    for name, channel in (("red", 0), ("blue", 2)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(10):
            pixels = rng.integers(0, 60, (50 + i, 70, 3)).astype(np.uint8)
            pixels[..., channel] += 150
            pillow.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    write_bytes(tmp_path / "late.tflite", litert.emit(classifier(flat=True, scaled_after=True)))
    write_bytes(tmp_path / "plain.tflite", litert.emit(backbone()))
    return tmp_path


def options(project: Path, file: str, told: list[str], data: str | None = "pictures") -> BuildOptions:
    return BuildOptions(data=data, backbone=project / file, output=project / "out", quiet=True, tell=told.append)


def test_what_stands_in_the_wrong_place_is_told_once(project: Path) -> None:
    told: list[str] = []
    trained = train_model("own", options(project, "late.tflite", told))
    assert [t.split(":")[0] for t in told] == ["warning", "note"]
    assert trained.path.stat().st_size > 0
    # a run that finds everything done says it too
    train_model("own", options(project, "late.tflite", told))
    assert len(told) == 4


def test_nothing_is_told_where_nothing_is_wrong(project: Path) -> None:
    told: list[str] = []
    assert train_model("own", options(project, "plain.tflite", told)).accuracy.value == 1
    assert told == []


def test_a_model_without_photos_says_how_to_give_them(project: Path) -> None:
    with pytest.raises(UsageError, match=r"'own' needs photos: a folder with one sub-folder .* Give --data"):
        train_model("own", options(project, "plain.tflite", [], None))


def test_a_trained_model_that_scales_pixels_late_is_told_of(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Keras or JAX model of the zoo is looked at when it is trained."""
    told: list[str] = []
    build = build_module._Build("own", options(project, "plain.tflite", told))
    folder = build.trained.folder
    (folder / "model_float32.tflite").write_bytes((project / "late.tflite").read_bytes())
    monkeypatch.setattr(build, "transfer", False)
    build.tell_of_preprocessing()
    (warning,) = told
    assert warning.startswith("warning: ") and "stands after layers with weights" in warning
