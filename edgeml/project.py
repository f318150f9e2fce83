"""Where a project's folders are: `models/`, `datasets/`, `firmware_stub/`.

The user's own project comes first (the working directory and its parents), then the copy that edgeml
brings: inside the installed package, or the repository around an editable install.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeml.errors import OutputError, UsageError

MODEL_FILE = "model.toml"
DATASET_FILE = "dataset.toml"
_PACKAGE = Path(__file__).resolve().parent


def find_model(name: str) -> Path:
    """Folder of the zoo model `name`; UsageError names the known models when there is none."""
    folder = _find("models", MODEL_FILE, name)
    if folder is None:
        known = ", ".join(list_models()) or "none"
        raise UsageError(
            f"model '{name}': no folder models/{name} holds a {MODEL_FILE}. Known models: {known}. Check the name, "
            "or add a folder as models/README.md describes."
        )
    return folder


def find_dataset(name: str) -> Path | None:
    """Folder of the data set `name`, or None when no project has it (it may be a path then)."""
    return _find("datasets", DATASET_FILE, name)


def list_models() -> tuple[str, ...]:
    """Names of all models that `find_model` finds, sorted."""
    return _list("models", MODEL_FILE)


def list_datasets() -> tuple[str, ...]:
    """Names of all data sets that `find_dataset` finds, sorted."""
    return _list("datasets", DATASET_FILE)


def firmware_dir() -> Path:
    """Folder with the firmware's sources; OutputError when this installation has none."""
    for base in _brought():
        folder = base / "firmware_stub"
        if folder.is_dir():
            return folder
    raise OutputError("this installation of edgeml has no firmware_stub folder. Install edgeml-compiler again.")


def _find(kind: str, marker: str, name: str) -> Path | None:
    # a name is one folder's name, never a path out of the project
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        return None
    return next((f / name for f in _folders(kind, marker) if (f / name / marker).is_file()), None)


def _list(kind: str, marker: str) -> tuple[str, ...]:
    return tuple(sorted({m.parent.name for f in _folders(kind, marker) for m in f.glob(f"*/{marker}")}))


def _folders(kind: str, marker: str) -> Iterator[Path]:
    here = Path.cwd()
    for base in (here, *here.parents, *_brought()):
        folder = base / kind
        if folder.is_dir() and any(folder.glob(f"*/{marker}")):
            yield folder


def _brought() -> tuple[Path, ...]:
    return (_PACKAGE / "_bundled", _PACKAGE.parent)
