"""Finding models and data sets of the user's project and of the installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.errors import UsageError
from edgeml.project import find_dataset, find_model, firmware_dir, list_datasets, list_models


def _add(root: Path, kind: str, name: str) -> Path:
    folder = root / kind / name
    folder.mkdir(parents=True)
    (folder / f"{kind[:-1]}.toml").write_text("")
    return folder


def test_own_models_come_before_brought_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _add(tmp_path, "models", "mnist_cnn")
    monkeypatch.chdir(tmp_path)
    assert find_model("mnist_cnn") == own


def test_parents_of_the_working_directory_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _add(tmp_path, "datasets", "mine")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_dataset("mine") == own
    assert "mine" in list_datasets()


def test_the_zoo_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert {"animals_cnn", "mnist_cnn", "mnist_mlp", "xor_mlp"} <= set(list_models())
    assert {"animals", "mnist", "xor"} <= set(list_datasets())
    assert firmware_dir().name == "firmware_stub"


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"model 'nope'.*Known models: .*mnist_cnn"):
        find_model("nope")


@pytest.mark.parametrize("name", ["", "..", "../datasets/mnist", "/etc"])
def test_a_name_is_never_a_path(name: str) -> None:
    assert find_dataset(name) is None
