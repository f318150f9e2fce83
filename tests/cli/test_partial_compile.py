"""A model that one format cannot hold is written in the others, unless that format was asked for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from tests.cli.conftest import Outcome
from tests.frontends.onnx.test_ml import model, trees

Command = Callable[..., Outcome]


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    """Decision trees: LiteRT has no builtin for them."""
    attrs = trees("target", np.random.default_rng(0), 2, "BRANCH_LEQ")
    path = tmp_path / "forest.onnx"
    path.write_bytes(model("TreeEnsembleRegressor", ("y",), n_targets=2, **attrs))
    return path


def test_the_other_formats_are_written_and_a_note_says_why_one_is_not(edgeml: Command, forest: Path) -> None:
    out = forest.parent / "out"
    done = edgeml("compile", forest, "-o", out)
    assert done.code == 0
    assert sorted(p.name for p in out.iterdir()) == ["c", "model.onnx"]
    assert done.out.splitlines() == [f"wrote {out / 'model.onnx'}", f"wrote {out / 'c'}"]
    assert "note: no LiteRT file was written: tree_ensemble" in done.err
    assert "LiteRT has no builtin for decision trees" in done.err


def test_a_format_asked_for_by_name_is_an_error_and_nothing_is_written(edgeml: Command, forest: Path) -> None:
    out = forest.parent / "out"
    done = edgeml("compile", forest, "-o", out, "--format", "onnx", "--format", "litert")
    assert done.code == 2
    assert "LiteRT has no builtin for decision trees" in done.error()
    assert not out.exists()


def test_no_format_at_all_is_an_error(forest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeml import load
    from edgeml.backends import c99, onnx
    from edgeml.pipeline import compile_possible

    def refuse(*_: object, **__: object) -> None:
        raise UnsupportedError("neither.")

    monkeypatch.setattr(onnx, "emit", refuse)
    monkeypatch.setattr(c99, "emit", refuse)
    with pytest.raises(UnsupportedError, match=r"decision trees.* neither\."):
        compile_possible(load(forest), forest.parent / "out")
    assert not (forest.parent / "out").exists()


def test_a_wrong_boundary_type_is_said_before_the_model_is_read(edgeml: Command, tmp_path: Path) -> None:
    assert "io must be int8 or float32" in edgeml("compile", tmp_path / "gone.tflite", "--io", "int16").error()
