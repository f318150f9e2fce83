"""The suite as data: models, where their files are, what the peers reach, what edgeml means to reach."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeml.errors import ModelFormatError, UsageError

HERE = Path(__file__).resolve().parent
VARIABLE = "EDGEML_MLPERF_TINY"
# beside the project, for machines that share such files
SHARED = HERE.parents[1].parent / "shared" / "models" / "mlperf_tiny"


@dataclass(frozen=True)
class Model:
    """One file of the suite; `folder` is where it is published."""

    key: str
    title: str
    files: tuple[str, ...]
    folder: str
    sha256: str


@dataclass(frozen=True)
class Peer:
    """What another tool takes on `core`, by model: instructions and bytes, or cycles for each MAC on silicon."""

    name: str
    core: str
    instructions: Mapping[str, int] = field(default_factory=dict)
    flash: Mapping[str, int] = field(default_factory=dict)
    ram: Mapping[str, int] = field(default_factory=dict)
    cycles_per_mac: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Limit:
    """At most `most` by model, for `figure` (instructions, flash or ram) of gcc's build for `core` and `optimize`."""

    core: str
    figure: str
    optimize: str
    most: Mapping[str, int]


@dataclass(frozen=True)
class Peers:
    """All figures of peers.toml; `sources` says where they come from."""

    sources: Mapping[str, str]
    measured: tuple[Peer, ...]
    published: tuple[Peer, ...]
    limits: tuple[Limit, ...]


def read_models() -> dict[str, Model]:
    """The models of models.toml, by key."""
    data = tomllib.loads((HERE / "models.toml").read_text())
    return {key: Model(key, files=tuple(m.pop("files")), **m) for key, m in data.items()}


def read_peers() -> Peers:
    """peers.toml."""
    data = tomllib.loads((HERE / "peers.toml").read_text())
    measured, published = (tuple(Peer(**p) for p in data[kind]) for kind in ("measured", "published"))
    return Peers(data["sources"], measured, published, tuple(Limit(**x) for x in data["limits"]))


def models_folder(given: Path | None) -> Path:
    """The folder with the .tflite files: `given`, else the variable, else beside the project; UsageError without."""
    variable = os.environ.get(VARIABLE)
    folder = given or (Path(variable) if variable else SHARED)
    if not folder.is_dir():
        raise UsageError(
            f"folder '{folder}' does not exist. The models are not part of edgeml: give the folder that holds them, "
            f"or set {VARIABLE}. They are published in {_where(read_models().values())}."
        )
    return folder


def find_file(model: Model, folder: Path) -> Path:
    """The model's file in `folder`; ModelFormatError when it is missing or another one than the published."""
    path = next((folder / name for name in model.files if (folder / name).is_file()), None)
    if path is None:
        raise ModelFormatError(
            f"model '{model.key}': '{folder}' holds no {' or '.join(model.files)}. Get it from {_where([model])}, "
            "or choose other models with --model."
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != model.sha256:
        raise ModelFormatError(
            f"model '{model.key}': '{path}' is another file than the published one, so its figures would not compare. "
            f"Got SHA-256 {found}. Get it from {_where([model])}."
        )
    return path


def _where(models: Iterable[Model]) -> str:
    folders = [f"benchmark/training/{m.folder}" for m in models]
    return f"github.com/mlcommons/tiny, {', '.join(folders)}"
