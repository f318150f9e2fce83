"""model.toml and model.py: what is read, and what wrong ones say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.data.dataset import make_dataset
from edgeml.errors import DataError, UsageError
from edgeml.training.config import read_config
from edgeml.training.zoo import check_dataset, load_code, read_zoo_model

GOOD = 'framework = "jax"\ndataset = "xor"\ninput = [2]\n[train]\nepochs = 1\n'


@pytest.mark.parametrize("name", ["xor_mlp", "mnist_mlp", "mnist_cnn", "animals_cnn"])
def test_every_zoo_model_reads(name: str) -> None:
    zoo = read_zoo_model(name)
    assert zoo.name == name and zoo.train.epochs > 0 and (zoo.folder / "model.py").is_file()


def test_defaults_and_delivered_variant(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(GOOD)
    zoo = read_config(tmp_path)
    assert zoo.prune is None and zoo.deliver == "int8" and zoo.quantize.samples == 500
    (tmp_path / "model.toml").write_text(GOOD + "[prune]\nsparsity = 0.5\nepochs = 2\n")
    assert read_config(tmp_path).deliver == "int8-pruned"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("framework =", "not valid TOML"),
        (GOOD.replace("jax", "torch"), "framework must be one of keras, jax, transfer. Got 'torch'"),
        (GOOD.replace("[2]", "[0]"), "input must be the shape of one sample"),
        (GOOD.replace("epochs = 1", "epochs = 0"), "train.epochs must be at least 1. Got 0"),
        (GOOD.replace("epochs = 1", 'epochs = "many"'), "train.epochs must be of type int. Got 'many'"),
        (GOOD.replace("epochs", "epoch"), r"\[train\] has no key 'epoch'. Known keys: .*epochs"),
        (GOOD.replace("epochs = 1", "rate = 1"), r"\[train\] lacks epochs"),
        ('deliver = "int4"\n' + GOOD, "deliver must be int8 or int8-pruned. Got 'int4'"),
        ('deliver = "int8-pruned"\n' + GOOD, r"deliver must be int8 where there is no \[prune\]"),
        (GOOD + "[prune]\nsparsity = 1.5\nepochs = 1", "prune.sparsity must be between 0 and 1. Got 1.5"),
        (GOOD + '[prune]\nsparsity = 0.5\nepochs = 1\nscope = "all"', "prune.scope must be layer or global"),
        (GOOD + '[prune]\nsparsity = 0.5\nepochs = 1\npattern = "4:2"', "prune.pattern must be element, N:M or"),
    ],
)
def test_wrong_settings_name_key_rule_and_value(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "model.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def init(seed): return {}", "must define init and apply|must define apply"),
        ("import no_such_package", "does not run .*no_such_package.*pip install"),
        ("def init(", "does not run"),
    ],
)
def test_wrong_model_code_is_explained(tmp_path: Path, code: str, message: str) -> None:
    (tmp_path / "model.toml").write_text(GOOD)
    (tmp_path / "model.py").write_text(code)
    with pytest.raises(UsageError, match=message):
        load_code(read_config(tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.py", "model.toml"]


def test_samples_of_another_shape_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(GOOD)
    part = (np.zeros((4, 3)), np.array([0, 1, 0, 1]))
    with pytest.raises(DataError, match=r"takes samples of \(2,\). Data set 'wide' has \(3,\)"):
        check_dataset(read_config(tmp_path), make_dataset("wide", part, part))
